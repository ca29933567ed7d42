"""What a cloud takes its time to make known everywhere is waited for, in bounds, and said."""

from __future__ import annotations

import pytest

from tests.support.clouds.azure import VAULT, Azure
from tests.support.playbook import Target

azure = pytest.mark.parametrize("target", ["azure"], indirect=True)
PUT = "Put the values where they differ"


def answers(target: Target) -> bool:
    return target.post("/generate", {"prompt": "Say something."}).status_code == 200


@pytest.mark.parametrize("target", ["gcp"], indirect=True)
def test_a_new_service_account_is_waited_for(target: Target) -> None:
    target.rehearsal.command(
        *("fault", "set", "gcp", "--kind", "eventual-consistency", "--seconds", "25"),
        *("--service", "iam", "--action", "serviceAccounts.create"),
    )
    run = target.deploy("--skip-tags", "verify").succeeded()
    assert "waiting for the new principal to be known everywhere" in run.stdout
    assert answers(target)


@azure
def test_a_role_that_does_not_take_effect_is_given_up_after_the_bound(target: Target) -> None:
    assert isinstance(target.cloud, Azure)
    target.rehearsal.command("fault", "set", "azure", "--kind", "role-propagation", "--seconds", "10")
    connection = {**target.cloud.connection, "propagation_timeout": 1}
    run = target.deploy("--skip-tags", "verify", target_connection=connection)
    assert list(run.failures) == [PUT]
    assert "Its role assignment has not taken effect in 1 s" in run.failures[PUT]
    assert "propagation_timeout" in run.failures[PUT]


@azure
@pytest.mark.parametrize("deleted", ["recover", "purge"])
def test_a_deleted_vault_is_no_dead_end_and_its_new_roles_are_waited_for(
    target: Target, deleted: str
) -> None:
    assert isinstance(target.cloud, Azure)
    vault = target.cloud.vault(target.name)
    target.cloud.vaults.delete(target.cloud.group(target.name), vault.name)
    assert [each.name for each in target.cloud.vaults.list_deleted()] == [vault.name]
    target.rehearsal.command("fault", "set", "azure", "--kind", "role-propagation", "--seconds", "4")

    run = target.deploy("--skip-tags", "verify", "--diff", secret_store_deleted_vault=deleted).succeeded()
    assert VAULT in run.changed
    assert {"recover": "recovered", "purge": "purged"}[deleted] in str(run.results[VAULT]["diff"])
    assert "waiting for the role assignment to take effect" in run.stdout
    assert list(target.cloud.vaults.list_deleted()) == []
    assert answers(target)
