"""Application Auto Scaling: its decisions as values, its API through boto3."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws.scaling.loop import decide
from rehearsal.aws.scaling.store import Key, Target
from rehearsal.aws.scaling.types import as_numbers
from tests.unit.rehearsal.harness import Harness
from tests.unit.rehearsal.stack import template

SERVICE = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/c/s",
    "ScalableDimension": "ecs:service:DesiredCount",
}
POLICY = {
    "PolicyName": "cpu",
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": {
        "TargetValue": 70.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
    },
}


@pytest.mark.parametrize(
    ("readings", "desired", "expected"),
    [
        ([], 2, 2),
        ([95, 95], 2, 2),  # not yet three periods
        ([95, 95, 60], 2, 2),  # not all above
        ([95, 95, 95], 2, 3),
        ([140, 140, 140], 3, 6),
        ([99, 99, 99], 10, 10),  # the maximum
        ([10] * 14, 4, 4),  # not yet fifteen periods
        ([10] * 15, 4, 1),
        ([10] * 14 + [65], 4, 4),  # within a tenth of the target
        ([50] * 15, 4, 3),
        ([], 0, 1),  # the minimum
        ([], 12, 10),
    ],
)
def test_target_tracking(readings: list[float], desired: int, expected: int) -> None:
    target = Target(Key("0", "r", "service/c/s"), 1, 10, "arn", 0.0)
    assert decide(readings, 70, desired, target) == expected


def test_parameters_arrive_as_text_and_leave_as_numbers() -> None:
    given = {"TargetValue": "70", "ScaleInCooldown": "60", "DisableScaleIn": True}
    assert as_numbers(given) == {"TargetValue": 70.0, "ScaleInCooldown": 60, "DisableScaleIn": True}


def code_of(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


@pytest.fixture
def scaling(aws: Harness) -> Any:
    """A client, and a service without tasks to scale."""
    ecs = aws.client("ecs")
    ecs.create_cluster(clusterName="c")
    containers = [{"name": "api", "image": "none", "memory": 64}]
    ecs.register_task_definition(family="f", containerDefinitions=containers)
    ecs.create_service(cluster="c", serviceName="s", taskDefinition="f", desiredCount=0)
    return aws.client("application-autoscaling")


def test_targets_and_policies_are_kept_changed_and_forgotten(scaling: Any) -> None:
    arn = scaling.register_scalable_target(**SERVICE, MinCapacity=0, MaxCapacity=4)["ScalableTargetARN"]
    assert scaling.register_scalable_target(**SERVICE, MaxCapacity=5)["ScalableTargetARN"] == arn
    [target] = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (0, 5)

    first = scaling.put_scaling_policy(**SERVICE, **POLICY)["PolicyARN"]
    assert scaling.put_scaling_policy(**SERVICE, **POLICY)["PolicyARN"] == first
    [policy] = scaling.describe_scaling_policies(ServiceNamespace="ecs", PolicyNames=["cpu"])[
        "ScalingPolicies"
    ]
    assert policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 70

    scaling.tag_resource(ResourceARN=arn, Tags={"a": "1"})
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"a": "1"}
    scaling.delete_scaling_policy(**SERVICE, PolicyName="cpu")
    assert code_of(scaling.delete_scaling_policy, **SERVICE, PolicyName="cpu") == "ObjectNotFoundException"
    scaling.deregister_scalable_target(**SERVICE)
    assert scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"] == []
    assert scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"] == []


def test_what_makes_no_sense_is_refused_in_the_vendors_words(scaling: Any) -> None:
    register = scaling.register_scalable_target
    assert code_of(scaling.put_scaling_policy, **SERVICE, **POLICY) == "ObjectNotFoundException"
    assert code_of(register, **SERVICE, MinCapacity=3, MaxCapacity=1) == "ValidationException"
    assert code_of(register, **SERVICE, MinCapacity=3) == "ValidationException"
    nowhere = {**SERVICE, "ResourceId": "service/c/nowhere"}
    assert code_of(register, **nowhere, MinCapacity=1, MaxCapacity=2) == "ValidationException"
    assert code_of(scaling.deregister_scalable_target, **SERVICE) == "ObjectNotFoundException"


def test_a_stack_makes_changes_and_removes_them(aws: Harness, image: str) -> None:
    scaling = aws.client("application-autoscaling")

    def bounds() -> list[tuple[int, int]]:
        found = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
        return [(target["MinCapacity"], target["MaxCapacity"]) for target in found]

    assert aws.deploy("scaled", template(image, {}, minimum=1, maximum=2)) == "CREATE_COMPLETE"
    assert bounds() == [(1, 2)]
    before = aws.service("scaled")["deployments"]
    assert aws.deploy("scaled", template(image, {}, minimum=1, maximum=5)) == "UPDATE_COMPLETE"
    assert bounds() == [(1, 5)]
    assert aws.service("scaled")["deployments"] == before

    plain = json.loads(template(image, {}))
    assert aws.deploy("scaled", json.dumps(plain)) == "UPDATE_COMPLETE"
    assert bounds() == []
