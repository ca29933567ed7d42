"""A run that is killed at any of its calls leaves what a plain second run completes."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.core.errors import CloudError

from tests.unit.collection.conftest import Cloud


def template(image: str, value: str) -> dict[str, Any]:
    """A service, so that there is a roll-out, and a secret, whose name can be held."""
    task = {"Family": "ai", "ContainerDefinitions": [{"Name": "api", "Image": image}]}
    service = {"ServiceName": "ai", "Cluster": {"Ref": "Cluster"}, "TaskDefinition": {"Ref": "Task"}}
    secret = {"Name": "ai/key", "Description": value}
    return {
        "Resources": {
            "Cluster": {"Type": "AWS::ECS::Cluster", "Properties": {"ClusterName": "ai"}},
            "Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": task},
            "Service": {"Type": "AWS::ECS::Service", "Properties": {**service, "DesiredCount": 1}},
            "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": secret},
        },
        "Outputs": {"Task": {"Value": {"Ref": "Task"}}},
    }


def killed_at(cloud: Cloud, call: int, document: dict[str, Any] | None) -> bool:
    """Apply the template, or remove the stack; whether there was such a call to be killed at."""
    cloud.front.calls.clear()
    cloud.front.lose(call)
    try:
        cloud.apply(document) if document else cloud.remove()
    except CloudError:
        return True
    finally:
        cloud.front.leave_alone()
    return False


@pytest.mark.parametrize("start", ["nothing", "an older version"])
def test_killed_at_any_call_a_plain_run_converges(cloud: Cloud, start: str) -> None:
    old, new = template("one", "a"), template("two", "b")
    call = 0
    while True:
        call += 1
        if start != "nothing":
            cloud.apply(old)
        was_killed = killed_at(cloud, call, new)
        outcome = cloud.apply(new)
        service = cloud.client("ecs").describe_services(cluster="ai", services=["ai"])["services"][0]
        assert service["taskDefinition"] == outcome.outputs["Task"]
        assert not cloud.apply(new).changed
        cloud.remove()
        if not was_killed:
            break
    assert call > 4


def test_a_removal_killed_at_any_call_is_completed(cloud: Cloud) -> None:
    call, was_killed = 0, True
    while was_killed:
        call += 1
        cloud.apply(template("one", "a"))
        was_killed = killed_at(cloud, call, None)
        cloud.remove()
        assert cloud.status() is None
        assert not cloud.remove().changed
    assert call > 3
