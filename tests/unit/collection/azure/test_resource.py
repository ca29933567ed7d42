"""One resource as declared, against the stand-in: made once, changed where it differs, waited for."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.azure.resource.job import Job
from ansible_collections.ai_api.cloud.plugins.module_utils.core.errors import CloudError

from tests.unit.collection.azure.conftest import (
    GROUP,
    GROUPS,
    IDENTITIES,
    IDENTITY,
    OTHERS,
    REGION,
    TAGS,
    VAULT,
    VAULTS,
    WORKSPACE,
    WORKSPACES,
    Azure,
)

DAYS = {"properties": {"sku": {"name": "PerGB2018"}, "retentionInDays": 30}}
ENVIRONMENT = f"{GROUP}/providers/Microsoft.App/managedEnvironments/test"
REGISTRY = f"{GROUP}/providers/Microsoft.ContainerRegistry/registries/testregistry"
REGISTRIES = "2025-11-01"


def environment(azure: Azure, key: str = "primarySharedKey") -> dict[str, Any]:
    """A body with a key that Azure never gives back."""
    workspace = azure.live(WORKSPACE, WORKSPACES)
    assert workspace
    keys = azure.job(WORKSPACE, WORKSPACES).send("POST", "ask", path="/sharedKeys")
    logs = {"customerId": workspace["properties"]["customerId"], "sharedKey": keys[key]}
    return {
        "properties": {
            "appLogsConfiguration": {"destination": "log-analytics", "logAnalyticsConfiguration": logs},
            "workloadProfiles": [{"name": "Consumption", "workloadProfileType": "Consumption"}],
        }
    }


def test_a_resource_is_made_once_and_found_with_one_read(azure: Azure) -> None:
    azure.group()
    first = azure.apply(WORKSPACE, WORKSPACES, DAYS)
    assert first.changed and first.resource["properties"]["customerId"]
    assert first.resource["properties"]["provisioningState"] == "Succeeded"
    again = azure.apply(WORKSPACE, WORKSPACES, DAYS)
    assert not again.changed and azure.changes == []
    assert again.resource["properties"]["customerId"] == first.resource["properties"]["customerId"]
    assert again.resource["tags"].items() >= TAGS.items()


def test_a_changed_field_is_sent_and_shown_and_nothing_else(azure: Azure) -> None:
    azure.group()
    azure.apply(WORKSPACE, WORKSPACES, DAYS)
    more = {"properties": {**DAYS["properties"], "retentionInDays": 60}}
    check = azure.apply(WORKSPACE, WORKSPACES, more, check=True)
    shown = {change.path: (change.before, change.after) for change in check.changes}
    assert shown.pop("properties.retentionInDays") == (30, 60)
    assert shown.keys() == {"tags.declared-as"} and azure.changes == []
    assert azure.apply(WORKSPACE, WORKSPACES, more).resource["properties"]["retentionInDays"] == 60
    assert not azure.apply(WORKSPACE, WORKSPACES, more).changed


def test_all_kinds_of_operation_are_waited_for(azure: Azure) -> None:
    """Status (workspace), Location (environment), state (vault), none (identity), and both on deletion."""
    azure.group()
    azure.apply(WORKSPACE, WORKSPACES, DAYS)
    for path, version, body in (
        (ENVIRONMENT, "2025-07-01", environment(azure)),
        (VAULT, VAULTS, azure.vault_body()),
        (IDENTITY, IDENTITIES, {}),
        (REGISTRY, REGISTRIES, {"sku": {"name": "Standard"}, "properties": {"adminUserEnabled": False}}),
    ):
        made = azure.apply(path, version, body)
        assert made.resource["properties"].get("provisioningState", "Succeeded") == "Succeeded"
        assert not azure.apply(path, version, body).changed, path
    assert any("nvironment" in line for line in azure.shown), "waiting is not silent"
    for path, version in ((ENVIRONMENT, "2025-07-01"), (WORKSPACE, WORKSPACES), (GROUP, GROUPS)):
        assert azure.remove(path, version).changed
        assert azure.live(path, version) is None
        assert not azure.remove(path, version).changed


def test_a_key_that_azure_never_gives_back_is_noticed_when_it_changes(azure: Azure) -> None:
    azure.group()
    azure.apply(WORKSPACE, WORKSPACES, DAYS)
    one, other = environment(azure), environment(azure, "secondarySharedKey")
    azure.apply(ENVIRONMENT, "2025-07-01", one)
    assert not azure.apply(ENVIRONMENT, "2025-07-01", one).changed
    changed = azure.apply(ENVIRONMENT, "2025-07-01", other)
    assert changed.changed
    key = other["properties"]["appLogsConfiguration"]["logAnalyticsConfiguration"]["sharedKey"]
    assert key not in str(changed), "the key is in no diff and no result"
    assert not azure.apply(ENVIRONMENT, "2025-07-01", other).changed


def test_what_others_have_set_survives_a_put(azure: Azure) -> None:
    azure.group()
    azure.apply(WORKSPACE, WORKSPACES, DAYS)
    quota = {"properties": {"workspaceCapping": {"dailyQuotaGb": 2.0}}, "tags": {**TAGS, "by-policy": "yes"}}
    azure.by_hand("PATCH", WORKSPACE, WORKSPACES, quota)
    more = {"properties": {**DAYS["properties"], "retentionInDays": 60}}
    after = azure.apply(WORKSPACE, WORKSPACES, more).resource
    assert after["properties"]["workspaceCapping"]["dailyQuotaGb"] == 2.0
    assert after["tags"]["by-policy"] == "yes"


def test_a_patch_sends_what_is_declared(azure: Azure) -> None:
    azure.group()
    azure.apply(WORKSPACE, WORKSPACES, DAYS)
    more = {"properties": {"retentionInDays": 60}}
    assert azure.apply(WORKSPACE, WORKSPACES, more, patch=True).changed
    assert not azure.apply(WORKSPACE, WORKSPACES, more, patch=True).changed


def test_a_wrong_body_is_reported_with_its_path(azure: Azure) -> None:
    azure.group()
    wrong = {"properties": {**DAYS["properties"], "retention": 30}}
    with pytest.raises(CloudError, match=r"properties\.retention") as failure:
        azure.apply(WORKSPACE, WORKSPACES, wrong)
    assert failure.value.code == "InvalidRequestContent" and failure.value.request_id
    assert failure.value.next_step


def test_check_mode_on_nothing_tells_all_and_asks_nothing_of_what_has_no_id_yet(azure: Azure) -> None:
    made = azure.apply(WORKSPACE, WORKSPACES, DAYS, check=True)
    assert made.changed and azure.changes == []
    assert "known after deployment" in made.resource["properties"]["customerId"]
    assert made.resource["properties"]["retentionInDays"] == 30
    assert {change.path for change in made.changes} >= {"location", "properties.retentionInDays"}
    azure.forget_calls()
    below = azure.apply(f"{made.resource['properties']['customerId']}/x/y", WORKSPACES, DAYS, check=True)
    assert below.changed


def test_what_is_not_ours_is_neither_changed_nor_deleted(azure: Azure) -> None:
    azure.group()
    azure.apply(WORKSPACE, WORKSPACES, DAYS, tags=OTHERS)
    for check in (True, False):
        with pytest.raises(CloudError, match="not ours: it carries managed-by=somebody"):
            azure.apply(WORKSPACE, WORKSPACES, DAYS, check=check)
        with pytest.raises(CloudError, match="not ours: it carries managed-by=somebody"):
            azure.remove(WORKSPACE, WORKSPACES, check=check)
    with pytest.raises(CloudError, match="holds what is not ours: workspaces test"):
        azure.remove(GROUP, GROUPS)
    assert azure.live(WORKSPACE, WORKSPACES) is not None


def test_another_operation_on_it_is_waited_for_and_that_is_bounded(azure: Azure) -> None:
    azure.group()
    azure.apply(WORKSPACE, WORKSPACES, DAYS)
    more = {"properties": {**DAYS["properties"], "retentionInDays": 60}}
    azure.begin("PUT", WORKSPACE, WORKSPACES, {"location": REGION, "tags": TAGS, **DAYS})
    assert azure.apply(WORKSPACE, WORKSPACES, more).changed, "it is seen by its state"

    def send(job: Job) -> dict[str, Any]:  # another run began between our look and our request
        return job.patiently(lambda: job.send("PUT", "update", {"location": REGION, "tags": TAGS, **more}))

    azure.begin("PUT", WORKSPACE, WORKSPACES, {"location": REGION, "tags": TAGS, **DAYS})
    with pytest.raises(CloudError, match="still held by another operation after 0 s"):
        send(azure.job(WORKSPACE, WORKSPACES, seconds=0.05))
    send(azure.job(WORKSPACE, WORKSPACES))
    assert any("waiting for another operation on it to end" in line for line in azure.shown)


def test_a_run_that_is_killed_is_taken_up_by_the_next(azure: Azure) -> None:
    azure.group()
    pid = os.fork()
    if pid == 0:  # dies between the PUT and its end
        job = azure.job(WORKSPACE, WORKSPACES)
        job.deadline.polls = lambda: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[method-assign,assignment,return-value]
        job.send("PUT", "create", {"location": REGION, "tags": TAGS, **DAYS})
    assert os.waitpid(pid, 0)[1] == signal.SIGKILL
    assert azure.live(WORKSPACE, WORKSPACES) is not None
    azure.apply(WORKSPACE, WORKSPACES, DAYS)
    assert not azure.apply(WORKSPACE, WORKSPACES, DAYS).changed


def test_an_operation_that_fails_is_explained_and_put_anew_by_the_next_run(azure: Azure) -> None:
    azure.group()
    azure.fault("fail-operation", count=1)
    with pytest.raises(CloudError, match="Cannot create workspaces test"):
        azure.apply(WORKSPACE, WORKSPACES, DAYS)
    assert azure.apply(WORKSPACE, WORKSPACES, DAYS).changed
    assert not azure.apply(WORKSPACE, WORKSPACES, DAYS).changed


def test_throttling_and_passing_faults_are_retried(azure: Azure) -> None:
    azure.group()
    azure.fault("throttle", count=2)
    azure.fault("error", count=1)
    assert azure.apply(WORKSPACE, WORKSPACES, DAYS).changed


def test_a_token_that_is_no_longer_taken_is_fetched_anew(azure: Azure) -> None:
    azure.group()
    azure.fault("expired-token", count=1)
    assert azure.apply(WORKSPACE, WORKSPACES, DAYS).changed


def test_wrong_credentials_are_refused_without_being_shown(azure: Azure) -> None:
    with pytest.raises(CloudError, match="Cannot log in to Azure") as failure:
        azure.apply(GROUP, GROUPS, client_secret="wrong-secret-of-mine")
    assert "wrong-secret-of-mine" not in str(failure.value.as_result())
    assert "az login" in str(failure.value.next_step)


def test_a_ca_that_is_not_trusted_is_said(azure: Azure) -> None:
    with pytest.raises(CloudError, match="cannot be reached") as failure:
        azure.apply(GROUP, GROUPS, ca_file=None, endpoint_url=azure.connection["endpoint_url"] + "/")
    assert "ca_file" in str(failure.value.next_step)
