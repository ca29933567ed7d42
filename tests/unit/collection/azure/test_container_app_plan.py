"""Which revision a deployment makes, and which ones may rest."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.azure.container_app.plan import (
    LATEST,
    Revision,
    suffix,
    superfluous,
    unmoved,
)

APP = "/subscriptions/s/resourceGroups/g/providers/Microsoft.App/containerApps/api"
TEMPLATE: dict[str, Any] = {
    "containers": [{"name": "api", "image": "r/i@sha256:1"}],
    "scale": {"maxReplicas": 10},
}
OTHER: dict[str, Any] = {**TEMPLATE, "scale": {"maxReplicas": 5}}


def revision(name: str, weight: int = 0, created: str = "1", **told: Any) -> Revision:
    properties = {
        "active": True,
        "trafficWeight": weight,
        "createdTime": created,
        "provisioningState": "Provisioned",
        "runningState": "Running",
        "healthState": "Healthy",
    }
    return Revision.of({"name": name, "properties": {**properties, **told}})


def test_the_same_template_is_the_same_revision_whatever_azure_filled_in() -> None:
    first = suffix(APP, TEMPLATE, None, [])
    live = {**TEMPLATE, "revisionSuffix": first, "terminationGracePeriodSeconds": 30}
    assert suffix(APP, TEMPLATE, live, [first]) == first


def test_another_template_is_another_revision_and_the_way_back_one_more() -> None:
    first = suffix(APP, TEMPLATE, None, [])
    second = suffix(APP, OTHER, {**TEMPLATE, "revisionSuffix": first}, [first])
    third = suffix(APP, TEMPLATE, {**OTHER, "revisionSuffix": second}, [first, second])
    assert len({first, second, third}) == 3, "a name cannot be used twice"
    again = suffix(APP, TEMPLATE, {**TEMPLATE, "revisionSuffix": third}, [first, second, third])
    assert again == third


def test_a_template_changed_by_hand_is_made_anew() -> None:
    first = suffix(APP, TEMPLATE, None, [])
    assert suffix(APP, TEMPLATE, {**OTHER, "revisionSuffix": first}, [first]) != first
    assert suffix(APP, TEMPLATE, {**TEMPLATE, "revisionSuffix": "by-hand"}, [first, "by-hand"]) != "by-hand"


def test_traffic_stays_where_it_is_until_the_new_revision_is_ready() -> None:
    assert unmoved([]) == LATEST
    old, canary = revision("api--v1", 90), revision("api--v2", 10)
    assert unmoved([old, canary, revision("api--v0")]) == [
        {"revisionName": "api--v1", "weight": 90},
        {"revisionName": "api--v2", "weight": 10},
    ]


@pytest.mark.parametrize(("keep", "ended"), [(0, ["c", "b", "a"]), (1, ["b", "a"]), (3, [])])
def test_the_newest_old_revisions_are_kept(keep: int, ended: list[str]) -> None:
    known = [revision(name, created=name) for name in "abcd"]
    asleep = revision("e", created="e", active=False)
    assert superfluous([*known, asleep], "d", keep) == ended


@pytest.mark.parametrize(
    ("told", "ready", "lost"),
    [
        ({}, True, False),
        ({"runningState": "RunningAtMaxScale"}, True, False),
        ({"runningState": "Scaled to 0", "healthState": "None"}, True, False),
        ({"healthState": "Unhealthy", "runningState": "Processing"}, False, False),
        ({"provisioningState": "Provisioning"}, False, False),
        ({"active": False}, False, False),
        ({"provisioningState": "Failed", "healthState": "None"}, False, True),
        ({"runningState": "Failed", "healthState": "Unhealthy"}, False, True),
    ],
)
def test_when_a_revision_may_have_traffic(told: dict[str, Any], ready: bool, lost: bool) -> None:
    given = revision("api--v1", **told)
    assert (given.is_ready, given.is_lost) == (ready, lost)
