"""Who one is: tokens, what they are for, and refusals as Entra ID and ARM word them."""

from __future__ import annotations

import base64
import json
import time

import httpx
import pytest
from azure.core.exceptions import ClientAuthenticationError

from tests.unit.rehearsal.azure.harness import Azure


def test_the_cloud_describes_itself(azure: Azure) -> None:
    content = azure.http.get(f"{azure.endpoint}/metadata/endpoints?api-version=2022-09-01").json()
    assert content["resourceManager"] == f"{azure.endpoint}/"
    assert content["suffixes"] == {"acrLoginServer": "azurecr.io", "keyVaultDns": "vault.azure.net"}


def test_a_wrong_secret_is_refused_in_the_vendors_words(azure: Azure) -> None:
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        azure.credential("wrong").get_token("https://management.azure.com/.default")


def _assert_token(azure: Azure, assertion: dict[str, object]) -> httpx.Response:
    part = base64.urlsafe_b64encode(json.dumps(assertion).encode()).decode().rstrip("=")
    form = {
        "grant_type": "client_credentials",
        "client_id": azure.config.client_id,
        "scope": "https://vault.azure.net/.default",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": f"e30.{part}.c2ln",
    }
    return azure.http.post(f"{azure.endpoint}/{azure.config.tenant_id}/oauth2/v2.0/token", data=form)


def test_workload_identity_federation(azure: Azure) -> None:
    good = {"aud": "api://AzureADTokenExchange", "exp": time.time() + 60, "sub": "repo:x"}
    assert "access_token" in _assert_token(azure, good).json()
    assert "AADSTS700024" in _assert_token(azure, {**good, "exp": time.time() - 60}).text
    assert "AADSTS700212" in _assert_token(azure, {**good, "aud": "https://else"}).text


@pytest.mark.parametrize(
    ("authorization", "code"),
    [("", "AuthenticationFailed"), ("Bearer nonsense", "InvalidAuthenticationToken")],
)
def test_arm_wants_a_token(azure: Azure, authorization: str, code: str) -> None:
    url = f"{azure.endpoint}{azure.group}?api-version=2025-04-01"
    answer = azure.http.get(url, headers={"authorization": authorization})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, code)


def test_arm_wants_a_token_of_its_own(azure: Azure) -> None:
    token = azure.token("https://vault.azure.net/.default")
    url = f"{azure.endpoint}{azure.group}?api-version=2025-04-01"
    answer = azure.http.get(url, headers={"authorization": f"Bearer {token}"})
    assert answer.json()["error"]["code"] == "InvalidAuthenticationTokenAudience"


def test_faults_are_worded_as_azure_does(azure: Azure) -> None:
    for kind, status, code in (
        ("throttle", 429, "TooManyRequests"),
        ("error", 500, "InternalServerError"),
        ("expired-token", 401, "ExpiredAuthenticationToken"),
    ):
        azure.fault(kind, "microsoft.resources", "GET resourceGroups", count=1)
        answer = azure.send("GET", azure.group)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
        assert azure.send("GET", azure.group).status_code == 200
    assert azure.admin("GET", "calls") == [
        {"service": "microsoft.resources", "action": "GET resourceGroups", "mutating": False, "count": 6}
    ]
