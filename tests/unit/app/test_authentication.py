from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.api_keys import generate, hashed
from tests.support.waiting import wait_for

from .conftest import StartApp
from .secret_stores import SECRET_IDS, SecretStore, serving_secrets
from .serving import App, Provider

ALICE, BOB = generate(), generate()


def document(**keys: str) -> str:
    return json.dumps({"keys": [{"id": name, "sha256": hashed(key)} for name, key in keys.items()]})


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture(scope="module")
def closed(launch: StartApp) -> App:
    """Needs a key; alice has 3 requests a minute, bob 10 tokens."""
    limits = {"alice": {"requests_per_minute": 3}, "bob": {"tokens_per_minute": 5}}
    entries = [
        {"id": name, "sha256": hashed(key), **limits[name]} for name, key in (("alice", ALICE), ("bob", BOB))
    ]
    return launch(API_KEYS_SOURCE="env", API_KEYS=json.dumps({"keys": entries}), DOCS="on")


def test_without_a_key_only_the_health_can_be_seen(closed: App, provider: Provider) -> None:
    assert closed.get("/health").status_code == 200
    assert closed.get("/health/ready").status_code == 200
    for path in ("/", "/docs", "/openapi.json", "/v1/models", "/metrics", "/health/", "/nowhere"):
        assert closed.get(path).status_code == 401, path

    refused = closed.generate()
    assert refused.status_code == 401
    assert refused.json()["error"]["code"] == "missing_api_key"
    assert refused.headers["WWW-Authenticate"] == 'Bearer realm="ai-api"'
    assert provider.calls("/v1/chat/completions") == 0


def test_both_headers_are_understood_and_the_log_shows_who_it_was(closed: App, provider: Provider) -> None:
    for number, headers in enumerate(
        ({"Authorization": f"bearer {ALICE}"}, {"X-API-Key": ALICE}, {**bearer(ALICE), "X-API-Key": "other"})
    ):
        response = closed.generate(headers={**headers, "X-Request-ID": f"alice-{number}"})
        assert response.status_code == 200
        assert closed.request_line(f"alice-{number}")["key_id"] == "alice"
    assert ALICE not in closed.log()


@pytest.mark.parametrize(
    "sent",
    [generate(), "", "a b", hashed(ALICE), ALICE.upper(), "ü"],
    ids=["of nobody", "empty", "two words", "the hash of one", "one in upper case", "not ASCII"],
)
def test_a_wrong_key_is_refused(closed: App, sent: str) -> None:
    response = closed.generate(headers={"X-API-Key": sent.encode()})  # type: ignore[dict-item]

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert not sent or sent not in response.text


def test_the_refusal_speaks_the_dialect_of_the_path(closed: App) -> None:
    answer = httpx.post(f"{closed.url}/v1/chat/completions", json={}, headers=bearer(generate()))

    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "authentication_error"
    assert answer.json()["error"]["code"] == "invalid_api_key"


def test_limits_are_those_of_the_key_wherever_it_is_used(launch: StartApp, provider: Provider) -> None:
    entries = [
        {"id": "alice", "sha256": hashed(ALICE), "requests_per_minute": 3},
        {"id": "bob", "sha256": hashed(BOB), "tokens_per_minute": 5},
    ]
    app = launch(API_KEYS_SOURCE="env", API_KEYS=json.dumps({"keys": entries}))

    for host in range(3):
        assert app.generate(client=f"127.0.0.{40 + host}", headers=bearer(ALICE)).status_code == 200
    assert app.generate(client="127.0.0.43", headers=bearer(ALICE)).status_code == 429

    assert app.generate(client="127.0.0.43", headers=bearer(BOB)).status_code == 200
    refused = app.generate(client="127.0.0.43", headers=bearer(BOB))
    assert refused.json()["error"]["code"] == "token_budget_used_up"


def test_a_browser_may_ask_before_it_has_a_key(launch: StartApp) -> None:
    app = launch(API_KEYS_SOURCE="env", API_KEYS=document(alice=ALICE), ALLOWED_ORIGINS="https://a.example")
    headers = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}

    assert httpx.options(f"{app.url}/generate", headers=headers).status_code == 200
    assert app.generate(headers=headers).headers["Access-Control-Allow-Origin"] == "https://a.example"


@pytest.fixture
def store() -> Iterator[SecretStore]:
    with serving_secrets(document(alice=ALICE)) as store:
        yield store


def start(launch: StartApp, store: SecretStore, directory: Path, **settings: str) -> App:
    """An application that has its provider's key and fetches those of its callers."""
    credentials = directory / "credentials.json"
    credentials.write_text(store.google_credentials())
    cloud = store.settings("gcp", str(credentials))
    for own in ("OPENAI_API_KEY", "SECRET_SOURCE", "SECRET_ID"):
        del cloud[own]
    keys = {"API_KEYS_SOURCE": "gcp", "API_KEYS_SECRET_ID": SECRET_IDS["gcp"]}
    return launch(**{**cloud, **keys, "API_KEYS_REFRESH_SECONDS": "0.2", **settings})


def test_keys_are_revoked_and_added_while_the_service_runs(
    launch: StartApp, store: SecretStore, provider: Provider, tmp_path: Path
) -> None:
    app = start(launch, store, tmp_path)
    assert app.generate(headers=bearer(ALICE)).status_code == 200
    assert app.generate(headers=bearer(BOB)).status_code == 401

    store.value = document(bob=BOB)
    wait_for(lambda: app.generate(headers=bearer(ALICE)).status_code == 401, "alice's key is revoked", 20)
    assert app.generate(headers=bearer(BOB)).status_code == 200


def test_the_last_good_keys_outlive_a_bad_document_and_an_outage(
    launch: StartApp, store: SecretStore, provider: Provider, tmp_path: Path
) -> None:
    app = start(launch, store, tmp_path)
    assert app.generate(headers=bearer(ALICE)).status_code == 200

    store.value = f'{{"keys": "{BOB}"}}'
    wait_for(lambda: bool(app.events("document of callers' keys refused")), "it is refused", 20)
    store.denied = True
    wait_for(lambda: bool(app.events("callers' keys not fetched")), "the store refuses", 20)
    assert app.generate(headers=bearer(ALICE)).status_code == 200
    assert BOB not in app.log()


def test_keys_that_are_too_old_are_not_believed(
    launch: StartApp, store: SecretStore, provider: Provider, tmp_path: Path
) -> None:
    app = start(launch, store, tmp_path, API_KEYS_MAX_AGE_SECONDS="2")
    assert app.generate(headers=bearer(ALICE)).status_code == 200

    store.denied = True
    wait_for(lambda: app.generate(headers=bearer(ALICE)).status_code == 503, "the keys are too old", 20)
    refused = app.generate(headers=bearer(ALICE))
    assert refused.json()["error"]["code"] == "keys_unavailable"
    assert int(refused.headers["Retry-After"]) > 0
    assert app.get("/health").status_code == 200

    store.denied = False
    wait_for(lambda: app.generate(headers=bearer(ALICE)).status_code == 200, "the keys are fetched", 20)
