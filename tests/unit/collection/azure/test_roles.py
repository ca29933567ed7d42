"""Role assignments, and waiting where one has not taken effect yet."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.azure import role_assignment
from ansible_collections.ai_api.cloud.plugins.module_utils.azure.inventory import AzureInventory
from ansible_collections.ai_api.cloud.plugins.module_utils.azure.key_vault import KeyVault
from ansible_collections.ai_api.cloud.plugins.module_utils.azure.session import Session
from ansible_collections.ai_api.cloud.plugins.module_utils.core.errors import CloudError
from ansible_collections.ai_api.cloud.plugins.module_utils.core.outcome import Outcome
from ansible_collections.ai_api.cloud.plugins.module_utils.core.secrets import put_value

from tests.unit.collection.azure.conftest import (
    IDENTITIES,
    IDENTITY,
    REGION,
    SECRETS_OFFICER,
    SECRETS_USER,
    TAGS,
    VAULT,
    VAULTS,
    Azure,
)

VALUE = secrets.token_urlsafe()


def assign(azure: Azure, scope: str, principal: str, role: str, **options: Any) -> Outcome:
    """As azure_role_assignment does."""
    session = azure.session
    path = role_assignment.id_of(session.full_id(scope), principal, role)
    said = role_assignment.description(TAGS, REGION)
    body = role_assignment.body(session.subscription, principal, role, role_assignment.IDENTITY, said)
    job = azure.job(path, role_assignment.VERSION, **options)
    return azure.apply(path, role_assignment.VERSION, {"location": None, **body}, tags=None, job=job)


@pytest.fixture
def reference(azure: Azure) -> str:
    """A secret of a vault in which nobody may do anything yet."""
    azure.group()
    made = azure.apply(VAULT, VAULTS, azure.vault_body())
    return f"{made.resource['properties']['vaultUri']}secrets/openai-key"


def put(
    azure: Azure, reference: str, value: str = VALUE, *, check: bool = False, **options: Any
) -> dict[str, Any]:
    azure.forget_calls()
    store = KeyVault(Session({**azure.connection, **options}), azure.progress)
    result = put_value(store, reference, value, check=check)
    assert VALUE not in str(result)
    return result


def test_a_role_is_given_once_and_found_by_its_name(azure: Azure, reference: str) -> None:
    principal = azure.apply(IDENTITY, IDENTITIES).resource["properties"]["principalId"]
    assert assign(azure, VAULT, principal, SECRETS_USER).changed
    again = assign(azure, VAULT, principal.upper(), SECRETS_USER)
    assert not again.changed and azure.changes == []
    found = [each.type for each in AzureInventory(azure.session, TAGS, azure.progress).find()]
    assert "authorization:roleAssignments" in found
    azure.remove(VAULT, VAULTS)
    found = [each.type for each in AzureInventory(azure.session, TAGS, azure.progress).find()]
    assert "authorization:roleAssignments" not in found, "it vanished with the vault"


def test_a_principal_that_azure_does_not_know_yet_is_waited_for(azure: Azure, reference: str) -> None:
    azure.fault("principal-propagation", seconds=1.0)
    principal = azure.apply(IDENTITY, IDENTITIES).resource["properties"]["principalId"]
    assert assign(azure, VAULT, principal, SECRETS_USER).changed
    assert any("waiting for the new principal to be known everywhere" in line for line in azure.shown)


def test_a_principal_that_there_is_not_is_waited_for_in_bounds(azure: Azure, reference: str) -> None:
    nobody = "11111111-1111-1111-1111-111111111111"
    with pytest.raises(CloudError, match="Its principal is not known in 1 s") as failure:
        assign(azure, VAULT, nobody, SECRETS_USER, propagation_timeout=1)
    assert failure.value.code == "PrincipalNotFound"


def test_a_value_is_put_when_the_role_takes_effect(azure: Azure, reference: str) -> None:
    azure.fault("role-propagation", seconds=1.5)
    assign(azure, VAULT, azure.session.caller().object_id, SECRETS_OFFICER)
    with pytest.raises(CloudError, match="has not taken effect in 1 s"):
        put(azure, reference, propagation_timeout=1)
    azure.shown.clear()
    assert put(azure, reference)["changed"]
    assert not put(azure, reference)["changed"]


def test_a_value_without_a_role_is_refused_after_the_bound_and_says_what_it_waited_for(
    azure: Azure, reference: str
) -> None:
    with pytest.raises(CloudError, match="Its role assignment has not taken effect in 1 s") as failure:
        put(azure, reference, propagation_timeout=1)
    assert failure.value.code == "ForbiddenByRbac" and failure.value.request_id
    assert any("waiting for the role assignment to take effect" in line for line in azure.shown)
    assert VALUE not in str(failure.value.as_result())


@pytest.fixture
def allowed(azure: Azure, reference: str) -> str:
    assign(azure, VAULT, azure.session.caller().object_id, SECRETS_OFFICER)
    return reference


def test_a_value_is_a_new_version_only_where_it_differs(azure: Azure, allowed: str) -> None:
    first = put(azure, allowed)
    assert first["changed"] and first["reference"] == first["latest"] == allowed and first["version"]
    name, url = allowed.rpartition("/")[2], f"{allowed}/{first['version']}"
    assert first["value_from"] == {"name": name, "keyVaultUrl": url}
    again = put(azure, allowed)
    assert not again["changed"] and again["version"] == first["version"] and azure.changes == []
    check = put(azure, allowed, "another", check=True)
    assert check["changed"] and "known after deployment" in check["version"] and azure.changes == []
    assert put(azure, allowed, "another")["version"] != first["version"]


def test_a_deleted_secret_is_restored(azure: Azure, allowed: str) -> None:
    put(azure, allowed)
    store = KeyVault(azure.session, azure.progress)
    store._send("DELETE", allowed, "delete", allowed)
    assert put(azure, allowed, check=True)["changed"] and azure.changes == []
    assert put(azure, allowed)["changed"]
    assert not put(azure, allowed)["changed"]


def test_check_mode_before_the_vault_exists(azure: Azure) -> None:
    planned = azure.apply(VAULT, VAULTS, azure.vault_body(), check=True)
    check = put(azure, f"{planned.resource['properties']['vaultUri']}secrets/openai-key", check=True)
    assert check["changed"] and azure.changes == []


@pytest.mark.parametrize("wrong", ["openai-key", "http://v/secrets/x", "https://v.vault.azure.net/keys/x"])
def test_what_is_no_address_of_a_secret_is_refused(azure: Azure, wrong: str) -> None:
    with pytest.raises(CloudError, match="is not the address of a secret"):
        put(azure, wrong)
