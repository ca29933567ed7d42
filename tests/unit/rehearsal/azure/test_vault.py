"""Vaults, their secrets, and the roles that open them."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError

from tests.support.waiting import wait_for
from tests.unit.rehearsal.azure.harness import GROUP, REGION, SECRETS_OFFICER, SECRETS_USER, Azure

NAME = "test-vault"
IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities/run"


def _error(refused: HttpResponseError) -> Any:
    assert refused.response
    return json.loads(refused.response.text())["error"]


def test_the_owner_has_no_secrets_without_a_role_on_data(azure: Azure) -> None:
    vault = azure.make_vault(NAME)
    secrets = azure.secrets(vault["properties"]["vaultUri"])
    with pytest.raises(HttpResponseError) as refused:
        secrets.set_secret("key", "one")
    assert refused.value.status_code == 403
    assert _error(refused.value)["innererror"] == {"code": "ForbiddenByRbac"}

    assert azure.assign(vault["id"], SECRETS_OFFICER, azure.principal).status_code == 201
    first = secrets.set_secret("key", "one").properties.version
    secrets.set_secret("key", "two")
    assert secrets.get_secret("key").value == "two"
    assert secrets.get_secret("key", first).value == "one"
    assert len(list(secrets.list_properties_of_secret_versions("key"))) == 2


def test_a_deleted_secret_keeps_its_name(azure: Azure) -> None:
    vault = azure.make_vault(NAME)
    azure.assign(vault["id"], SECRETS_OFFICER, azure.principal)
    secrets = azure.secrets(vault["properties"]["vaultUri"])
    secrets.set_secret("key", "one")
    secrets.begin_delete_secret("key").wait()
    with pytest.raises(ResourceNotFoundError):
        secrets.get_secret("key")
    with pytest.raises(ResourceExistsError, match="deleted but recoverable"):
        secrets.set_secret("key", "two")
    secrets.begin_recover_deleted_secret("key").wait()
    assert secrets.get_secret("key").value == "one"
    secrets.begin_delete_secret("key").wait()
    secrets.purge_deleted_secret("key")
    assert secrets.set_secret("key", "two").value == "two"


def test_a_role_takes_its_time(azure: Azure) -> None:
    vault = azure.make_vault(NAME)
    azure.fault("role-propagation", "microsoft.authorization", seconds=1.5)
    began = time.monotonic()
    azure.assign(vault["id"], SECRETS_OFFICER, azure.principal)
    secrets = azure.secrets(vault["properties"]["vaultUri"])
    with pytest.raises(HttpResponseError, match="propagation time"):
        secrets.set_secret("key", "one")

    def allowed() -> bool:
        try:
            return bool(secrets.set_secret("key", "one"))
        except HttpResponseError:
            return False

    wait_for(allowed, "the role")
    assert time.monotonic() - began >= 1.5


def test_role_assignments(azure: Azure) -> None:
    vault = azure.make_vault(NAME)
    azure.fault("principal-propagation", "microsoft.authorization", seconds=60, count=1)
    principal = azure.made(IDENTITY, {"location": REGION})["properties"]["principalId"]
    assert azure.assign(vault["id"], SECRETS_USER, principal).json()["error"]["code"] == "PrincipalNotFound"
    made = azure.assign(vault["id"], SECRETS_USER, principal)
    again = azure.assign(vault["id"], SECRETS_USER, principal)
    assert (made.status_code, again.status_code) == (201, 200)
    other = made.json()["id"].rpartition("/")[0] + "/8a2f4e0e-1f6c-4ac4-9b6c-0e3b7a1c9d55"
    body = {
        "properties": {name: made.json()["properties"][name] for name in ("roleDefinitionId", "principalId")}
    }
    conflict = azure.send("PUT", other, body)
    assert (conflict.status_code, conflict.json()["error"]["code"]) == (409, "RoleAssignmentExists")
    at_group = f"{azure.group}/providers/Microsoft.Authorization/roleAssignments"
    assert [each["id"] for each in azure.send("GET", at_group).json()["value"]] == [made.json()["id"]]
    azure.send("DELETE", vault["id"])
    assert azure.send("GET", at_group).json() == {"value": []}


def test_a_deleted_vault_keeps_its_name_until_it_is_purged(azure: Azure) -> None:
    vaults = azure.vaults.vaults
    created = vaults.begin_create_or_update(GROUP, NAME, azure.vault_body()).result()
    vaults.delete(GROUP, NAME)
    assert vaults.get_deleted(NAME, REGION).properties.vault_id == created.id
    with pytest.raises(HttpResponseError) as refused:
        vaults.begin_create_or_update(GROUP, NAME, azure.vault_body())
    assert (refused.value.status_code, _error(refused.value)["code"]) == (409, "ConflictError")

    body = azure.vault_body(createMode="recover")
    recovered = vaults.begin_create_or_update(GROUP, NAME, body).result()
    assert recovered.properties.vault_uri == created.properties.vault_uri
    vaults.delete(GROUP, NAME)
    vaults.begin_purge_deleted(NAME, REGION).result()
    assert not list(vaults.list_deleted())
    assert azure.make_vault(NAME)


def test_names_of_vaults_are_worldwide(azure: Azure) -> None:
    azure.make_vault(NAME)
    elsewhere = f"{azure.subscription}/resourceGroups/else"
    azure.made(elsewhere, {"location": REGION})
    path = f"{elsewhere}/providers/Microsoft.KeyVault/vaults/{NAME}"
    assert azure.send("PUT", path, azure.vault_body()).json()["error"]["code"] == "VaultAlreadyExists"
