"""Which credentials are tried, and in which order."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.azure.environment import ENVIRONMENTS
from ansible_collections.ai_api.cloud.plugins.module_utils.azure.identity import _credentials

PRINCIPAL = {"tenant_id": "t", "client_id": "c", "client_secret": "s"}
FEDERATED = {"AZURE_FEDERATED_TOKEN_FILE": "/a/token", "AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c"}


@pytest.fixture(autouse=True)
def az(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Microsoft's command line, as far as it can be found."""
    program = tmp_path / "az"
    program.touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    for name, value in FEDERATED.items():
        monkeypatch.setenv(name, value)  # the SDK reads its own variables
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "s")
    return program


@pytest.mark.parametrize(
    ("options", "environ", "tried"),
    [
        (PRINCIPAL, FEDERATED, ["ClientSecret"]),
        ({}, FEDERATED, ["WorkloadIdentity", "AzureCli", "ManagedIdentity"]),
        (
            {},
            {"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c"},
            ["Environment", "AzureCli", "ManagedIdentity"],
        ),
        ({"client_id": "c"}, {"IDENTITY_ENDPOINT": "http://127.0.0.1/"}, ["ManagedIdentity", "AzureCli"]),
        ({}, {}, ["AzureCli", "ManagedIdentity"]),
    ],
)
def test_what_is_configured_is_tried_cheapest_first(
    options: Mapping[str, str], environ: Mapping[str, str], tried: list[str]
) -> None:
    found = _credentials(options, ENVIRONMENTS["AzureCloud"], environ)
    assert [type(each).__name__.removesuffix("Credential") for each in found] == tried


def test_without_az_it_is_not_tried(az: Path) -> None:
    az.unlink()
    found = _credentials({}, ENVIRONMENTS["AzureCloud"], {})
    assert [type(each).__name__ for each in found] == ["ManagedIdentityCredential"]
