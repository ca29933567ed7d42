"""Google Secret Manager, with the application default credentials."""

from __future__ import annotations

import base64

import google.auth
from google.auth.transport.requests import AuthorizedSession

from . import TIMEOUT_SECONDS

ENDPOINT = "https://secretmanager.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"


def fetch(secret_id: str, endpoint_url: str | None) -> str:
    credentials, _ = google.auth.default(scopes=[SCOPE])
    with AuthorizedSession(credentials, refresh_timeout=TIMEOUT_SECONDS) as session:  # type: ignore[no-untyped-call]
        response = session.get(f"{endpoint_url or ENDPOINT}/v1/{secret_id}:access", timeout=TIMEOUT_SECONDS)
    response.raise_for_status()
    return base64.b64decode(response.json()["payload"]["data"]).decode()
