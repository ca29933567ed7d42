"""The roll-out of an ECS service: waited for, explained when it fails, set right when it has strayed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.aws.stack.rollout import (
    Crashes,
    Rollout,
    Verdict,
    crashed,
)
from ansible_collections.ai_api.cloud.plugins.module_utils.aws.stack.settle import Services
from ansible_collections.ai_api.cloud.plugins.module_utils.core.errors import CloudError

from tests.unit.collection.conftest import Cloud

STOPPED = datetime(2026, 1, 2, tzinfo=UTC)
WANTED = Rollout("S", "cluster", "service", "arn:task:2")


def template(image: str) -> dict[str, Any]:
    container = {"Name": "api", "Image": image, "Essential": True}
    task = {"Family": "ai", "Cpu": "256", "Memory": "512", "ContainerDefinitions": [container]}
    service = {
        "ServiceName": "ai",
        "Cluster": {"Ref": "Cluster"},
        "TaskDefinition": {"Ref": "Task"},
        "DesiredCount": 2,
    }
    return {
        "Resources": {
            "Cluster": {"Type": "AWS::ECS::Cluster", "Properties": {"ClusterName": "ai"}},
            "Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": task},
            "Service": {"Type": "AWS::ECS::Service", "Properties": service},
        },
        "Outputs": {"Task": {"Value": {"Ref": "Task"}}},
    }


def running(cloud: Cloud) -> str:
    found = cloud.client("ecs").describe_services(cluster="ai", services=["ai"])["services"]
    return str(found[0]["taskDefinition"])


def rollout_state(state: str, **fields: Any) -> Any:
    """An answer of DescribeServices with another state of the primary deployment."""

    def alter(answer: dict[str, Any]) -> None:
        (service,) = answer["services"]
        service["deployments"][0] |= {"rolloutState": state, "rolloutStateReason": f"reason {state}"}
        service |= fields

    return alter


def untouched(_: dict[str, Any]) -> None:
    pass


@pytest.mark.parametrize(
    ("task", "state", "count", "verdict"),
    [
        ("arn:task:2", "COMPLETED", 2, Verdict.SETTLED),
        ("arn:task:2", "COMPLETED", 1, Verdict.MOVING),
        ("arn:task:2", "IN_PROGRESS", 2, Verdict.MOVING),
        ("arn:task:2", "FAILED", 2, Verdict.FAILED),
        ("arn:task:1", "COMPLETED", 2, Verdict.ELSEWHERE),
        ("arn:task:1", "IN_PROGRESS", 0, Verdict.ELSEWHERE),
    ],
)
def test_the_primary_deployment_decides(task: str, state: str, count: int, verdict: Verdict) -> None:
    primary: Any = {"status": "PRIMARY", "taskDefinition": task, "rolloutState": state}
    old: Any = {"status": "ACTIVE", "taskDefinition": "arn:task:0", "rolloutState": "FAILED"}
    service: Any = {"deployments": [old, primary], "runningCount": count, "desiredCount": 2}
    assert WANTED.judge(service) is verdict


def test_a_task_that_was_told_to_stop_did_not_crash() -> None:
    stopped: Any = {"containers": [{"exitCode": 143}], "stopCode": "ServiceSchedulerInitiated"}
    ended: Any = {"containers": [{"exitCode": 143}], "stopCode": "EssentialContainerExited"}
    assert not crashed(stopped)
    assert crashed(ended)


def test_a_settled_service_costs_one_read_more(cloud: Cloud) -> None:
    cloud.apply(template("one"))
    assert not cloud.apply(template("one")).changed
    assert cloud.front.calls == ["DescribeStacks", "DescribeServices"]


def test_a_roll_out_is_waited_for_after_the_stack_and_told(cloud: Cloud) -> None:
    cloud.apply(template("one"))
    cloud.front.alter("DescribeServices", *[rollout_state("IN_PROGRESS", runningCount=1)] * 3, untouched)
    assert cloud.apply(template("two")).changed
    assert cloud.front.calls.count("DescribeServices") == 4
    assert any("test: Service rolling out, 1 of 2 tasks run" in line for line in cloud.shown)


def test_a_roll_out_left_by_a_killed_run_is_waited_for(cloud: Cloud) -> None:
    cloud.apply(template("one"))
    cloud.front.alter("DescribeServices", *[rollout_state("IN_PROGRESS")] * 2, untouched)
    assert not cloud.apply(template("one")).changed
    assert cloud.front.changes == []


def test_waiting_for_a_roll_out_is_bounded(cloud: Cloud) -> None:
    cloud.apply(template("one"))
    cloud.front.alter("DescribeServices", rollout_state("IN_PROGRESS"))
    with pytest.raises(CloudError, match=r"not complete after 0 s"):
        cloud.apply(template("one"), job=cloud.job(seconds=0.3))


def sent_back(cloud: Cloud) -> None:
    """What a circuit breaker does, and a person who rolls back by hand."""
    cloud.client("ecs").update_service(cluster="ai", service="ai", taskDefinition="ai:1")


def test_a_failed_roll_out_is_explained_by_what_ecs_says(cloud: Cloud) -> None:
    cloud.apply(template("one"))
    cloud.front.alter("DescribeServices", rollout_state("FAILED", events=[{"message": "circuit breaker"}]))
    cloud.front.alter("ListTasks", lambda answer: answer.update(taskArns=["arn:stopped"]))
    cloud.front.alter("DescribeTasks", stopped_tasks(cloud))
    with pytest.raises(CloudError) as failure:
        cloud.apply(template("two"))
    text = str(failure.value)
    assert "reason FAILED" in text and "circuit breaker" in text
    assert "container api exited with 3" in text and "logs" in text


def stopped_tasks(cloud: Cloud) -> Any:
    """An answer of DescribeTasks: crashed tasks of the newest task definition, one more each time."""
    seen: list[dict[str, Any]] = []

    def alter(answer: dict[str, Any]) -> None:
        task: dict[str, Any] = {"taskArn": f"arn:stopped:{len(seen)}", "taskDefinitionArn": running(cloud)}
        task["stoppedAt"] = STOPPED.timestamp()
        seen.append({**task, "containers": [{"name": "api", "exitCode": 3}]})
        answer |= {"tasks": list(seen), "failures": []}

    return alter


def test_tasks_that_keep_crashing_end_the_wait(cloud: Cloud) -> None:
    """Also where the deployment is not marked as failed."""
    cloud.apply(template("one"))
    cloud.front.alter("DescribeServices", rollout_state("IN_PROGRESS", runningCount=0))
    cloud.front.alter("ListTasks", lambda answer: answer.update(taskArns=["arn:stopped"]))
    cloud.front.alter("DescribeTasks", stopped_tasks(cloud))
    with pytest.raises(CloudError, match=r"failed: .*exited with 3"):
        cloud.apply(template("one"))


def test_a_task_that_runs_for_a_moment_between_two_crashes_is_no_success(cloud: Cloud) -> None:
    cloud.apply(template("one"))
    cloud.front.alter("DescribeServices", rollout_state("IN_PROGRESS", runningCount=0), untouched)
    cloud.front.alter("ListTasks", lambda answer: answer.update(taskArns=["arn:stopped"]))
    cloud.front.alter("DescribeTasks", stopped_tasks(cloud))
    with pytest.raises(CloudError, match=r"failed: .*exited with 3"):
        cloud.apply(template("one"))


def test_crashes_are_over_after_a_while_and_those_of_an_earlier_try_do_not_end_the_wait() -> None:
    crashes, old = (
        Crashes(),
        [{"taskArn": str(number), "containers": [{"exitCode": 1}]} for number in range(5)],
    )
    assert crashes.are_over(0)
    crashes.note(cast(Any, old), 0)
    assert not crashes.are_over(1) and not crashes.are_too_many
    crashes.note(cast(Any, old), Crashes.CALM)
    assert crashes.are_over(Crashes.CALM) and not crashes.are_too_many


def test_a_service_sent_back_is_told_and_set_right(cloud: Cloud) -> None:
    cloud.apply(template("one"))
    wanted = cloud.apply(template("two")).outputs["Task"]
    sent_back(cloud)
    check = cloud.apply(template("two"), check=True)
    assert check.changed and check.changes[0].label == "Service.(running)"
    assert running(cloud).endswith("ai:1") and cloud.front.changes == []

    assert cloud.apply(template("two")).changed
    assert running(cloud) == wanted
    assert not cloud.apply(template("two")).changed


def test_the_same_bad_image_is_tried_again_and_a_good_one_converges(cloud: Cloud) -> None:
    """The stand-in calls the stack complete although the circuit breaker has sent the service back."""
    cloud.apply(template("good"))

    def circuit_broken(answer: dict[str, Any]) -> None:
        failed = answer["services"][0]["deployments"][0]
        before = failed | {"taskDefinition": WANTED.task_definition}
        failed |= {"status": "ACTIVE", "rolloutState": "FAILED", "rolloutStateReason": "circuit breaker"}
        answer["services"][0]["deployments"] = [before, failed]

    cloud.front.alter("DescribeServices", circuit_broken)
    cloud.front.alter("UpdateService", lambda answer: answer["service"].update(runningCount=0))
    for call in ("UpdateStack", "UpdateService"):
        with pytest.raises(CloudError, match=r"failed: circuit breaker.*before keeps serving"):
            cloud.apply(template("bad"))
        assert cloud.front.changes[-1] == call

    cloud.front.leave_alone()
    assert cloud.apply(template("better")).changed
    assert not cloud.apply(template("better")).changed


def test_a_service_deleted_by_hand_is_named(cloud: Cloud) -> None:
    cloud.apply(template("one"))
    cloud.client("ecs").delete_service(cluster="ai", service="ai", force=True)
    with pytest.raises(CloudError, match="ECS service ai is gone"):
        cloud.apply(template("one"))


def test_ecs_tells_why_a_service_did_not_come_up(cloud: Cloud) -> None:
    cloud.apply(template("one"))
    cloud.front.alter("DescribeServices", rollout_state("FAILED"))
    cloud.front.alter("ListTasks", lambda answer: answer.update(taskArns=["arn:stopped"]))
    cloud.front.alter("DescribeTasks", stopped_tasks(cloud))
    services = Services(cloud.job())
    assert "container api exited with 3" in services.why("Service", STOPPED)
    assert "exited" not in services.why("Service", STOPPED + timedelta(seconds=1)), "of an earlier operation"
    assert services.why("Another", STOPPED) == ""
    cloud.front.fail("ListTasks", (400, "AccessDeniedException"))
    assert services.why("Service", STOPPED) == "", "the explanation must not hide the failure"
