"""An instance that cannot check callers' keys answers nobody, so nobody should be sent there."""

from __future__ import annotations

import json

from app.api_keys import generate, hashed
from tests.support.waiting import wait_for

from .conftest import StartApp
from .secret_stores import SECRET_IDS, serving_secrets
from .serving import PATIENCE_SECONDS, Provider


def test_unready_until_callers_keys_were_fetched(launch: StartApp, provider: Provider, key: str) -> None:
    caller = generate()
    document = json.dumps({"keys": [{"id": "caller", "sha256": hashed(caller)}]})
    with serving_secrets(document) as store:
        store.denied = True
        app = launch(
            **{
                **store.settings("aws", google_credentials=""),
                "SECRET_SOURCE": "none",
                "SECRET_ID": "",
                "OPENAI_API_KEY": key,
            },
            API_KEYS_SOURCE="aws",
            API_KEYS_SECRET_ID=SECRET_IDS["aws"],
            API_KEYS_REFRESH_SECONDS="0.2",
        )
        unready = app.get("/health/ready")
        assert (unready.status_code, unready.json()["status"]) == (503, "unready")
        assert "keys cannot be checked" in unready.json()["reason"]
        assert app.get("/health").status_code == 200

        store.denied = False
        wait_for(lambda: app.get("/health/ready").status_code == 200, "the keys are there", PATIENCE_SECONDS)
        assert app.generate(headers={"X-API-Key": caller}).status_code == 200
