"""Vaults and workspaces that are deleted softly: brought back, purged or left alone, and always found."""

from __future__ import annotations

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.azure.inventory import AzureInventory
from ansible_collections.ai_api.cloud.plugins.module_utils.azure.resource import soft_delete
from ansible_collections.ai_api.cloud.plugins.module_utils.core.errors import CloudError
from ansible_collections.ai_api.cloud.plugins.module_utils.core.leftovers import SCHEDULED, report

from tests.unit.collection.azure.conftest import (
    GROUP,
    GROUPS,
    OTHERS,
    TAGS,
    VAULT,
    VAULTS,
    WORKSPACE,
    WORKSPACES,
    Azure,
)

DAYS = {"properties": {"sku": {"name": "PerGB2018"}, "retentionInDays": 30}}


def held(azure: Azure, path: str) -> bool:
    return soft_delete.find(azure.session, azure.session.full_id(path)) is not None


def customer(azure: Azure) -> str:
    workspace = azure.live(WORKSPACE, WORKSPACES)
    assert workspace
    return str(workspace["properties"]["customerId"])


@pytest.mark.parametrize(("on_deleted", "done"), [("recover", "recovered"), ("purge", "purged")])
def test_a_vault_of_the_same_name_is_no_dead_end(azure: Azure, on_deleted: str, done: str) -> None:
    azure.group()
    azure.apply(VAULT, VAULTS, azure.vault_body())
    azure.remove(VAULT, VAULTS)
    assert held(azure, VAULT)
    body = azure.vault_body(publicNetworkAccess="Disabled")
    check = azure.apply(VAULT, VAULTS, body, on_deleted=on_deleted, check=True)
    assert (check.changes[0].before, check.changes[0].after) == (SCHEDULED, done)
    assert azure.changes == []
    made = azure.apply(VAULT, VAULTS, body, on_deleted=on_deleted)
    assert made.resource["properties"]["publicNetworkAccess"] == "Disabled", (
        "it is as declared, not as it was"
    )
    assert not held(azure, VAULT)
    assert not azure.apply(VAULT, VAULTS, body, on_deleted=on_deleted).changed


def test_a_vault_of_the_same_name_is_left_alone_where_told_or_not_ours(azure: Azure) -> None:
    azure.group()
    azure.apply(VAULT, VAULTS, azure.vault_body())
    azure.remove(VAULT, VAULTS)
    with pytest.raises(CloudError, match="scheduled for deletion, holds the name") as failure:
        azure.apply(VAULT, VAULTS, azure.vault_body(), on_deleted="refuse")
    assert "recover or purge" in str(failure.value.next_step)
    with pytest.raises(CloudError, match="not ours"):
        azure.apply(VAULT, VAULTS, azure.vault_body(), tags=OTHERS)
    assert held(azure, VAULT)


@pytest.mark.parametrize("on_deleted", ["recover", "purge"])
def test_a_workspace_comes_back_with_its_data_or_empty(azure: Azure, on_deleted: str) -> None:
    azure.group()
    azure.apply(WORKSPACE, WORKSPACES, DAYS)
    before = customer(azure)
    azure.remove(WORKSPACE, WORKSPACES)
    assert held(azure, WORKSPACE)
    azure.apply(WORKSPACE, WORKSPACES, DAYS, on_deleted=on_deleted)
    assert (customer(azure) == before) is (on_deleted == "recover")
    assert not held(azure, WORKSPACE)


@pytest.mark.parametrize(
    ("path", "version"), [(VAULT, VAULTS), (WORKSPACE, WORKSPACES)], ids=["vault", "workspace"]
)
def test_absent_for_good_leaves_nothing_behind(azure: Azure, path: str, version: str) -> None:
    azure.group()
    azure.apply(path, version, azure.vault_body() if path == VAULT else DAYS)
    assert azure.remove(path, version, on_deleted="purge").changed
    assert azure.live(path, version) is None and not held(azure, path)


def test_clean_up_finds_purges_and_proves(azure: Azure) -> None:
    """The group takes all with it, and afterwards the names are free again."""
    inventory = AzureInventory(azure.session, TAGS, azure.progress)
    azure.group()
    azure.apply(VAULT, VAULTS, azure.vault_body())
    azure.apply(WORKSPACE, WORKSPACES, DAYS)
    kinds = {owned.type for owned in inventory.find()}
    assert kinds == {"resources:resourceGroups", "keyvault:vaults", "operationalinsights:workspaces"}
    azure.remove(GROUP, GROUPS)
    found = report(inventory, purge=False, wait=None, check=False, progress=azure.progress)
    assert {each["state"] for each in found["resources"]} == {SCHEDULED}
    azure.forget_calls()
    check = report(inventory, purge=True, wait=None, check=True, progress=azure.progress)
    assert check["changed"] and azure.changes == []
    assert report(inventory, purge=True, wait=20, check=False, progress=azure.progress)["resources"] == []
    azure.group()
    assert azure.apply(VAULT, VAULTS, azure.vault_body(), on_deleted="refuse").changed


def test_others_and_other_regions_are_not_in_the_inventory(azure: Azure) -> None:
    azure.group()
    azure.apply(WORKSPACE, WORKSPACES, DAYS, tags=OTHERS)
    azure.apply("resourceGroups/elsewhere", GROUPS, {"location": "northeurope"})
    found = list(AzureInventory(azure.session, TAGS, azure.progress).find())
    assert [owned.name for owned in found] == ["test"]
    assert found[0].type == "resources:resourceGroups"
