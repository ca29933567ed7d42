"""Azure Key Vault, with the managed identity or whatever else azure-identity finds."""

from __future__ import annotations

from urllib.parse import urlsplit

import requests
from azure.identity import DefaultAzureCredential

from . import TIMEOUT_SECONDS

SCOPE = "https://vault.azure.net/.default"
API_VERSION = "7.4"


def fetch(secret_id: str, endpoint_url: str | None) -> str:
    with DefaultAzureCredential(
        connection_timeout=TIMEOUT_SECONDS, read_timeout=TIMEOUT_SECONDS
    ) as credential:
        token = credential.get_token(SCOPE).token
    url = f"{endpoint_url}{urlsplit(secret_id).path}" if endpoint_url else secret_id
    response = requests.get(
        url,
        params={"api-version": API_VERSION},
        headers={"Authorization": f"Bearer {token}"},
        timeout=TIMEOUT_SECONDS,
    )
    response.raise_for_status()
    value: str = response.json()["value"]
    return value
