"""Services as they are deployed: real containers behind a load balancer, rolled under load."""

from __future__ import annotations

import json
from typing import Any

import docker
import pytest

from rehearsal.core.labels import INSTANCE_LABEL
from tests.support.waiting import wait_for
from tests.unit.rehearsal.harness import Harness, get
from tests.unit.rehearsal.load import Load
from tests.unit.rehearsal.stack import template


def containers(harness: Harness) -> list[Any]:
    instance = json.loads((harness.state / "credentials.json").read_text())["instance"]
    found: list[Any] = docker.from_env().containers.list(
        all=True, ignore_removed=True, filters={"label": f"{INSTANCE_LABEL}={instance}"}
    )
    return found


def healthy_targets(harness: Harness) -> int:
    balancing = harness.client("elbv2")
    [group] = balancing.describe_target_groups()["TargetGroups"]
    health = balancing.describe_target_health(TargetGroupArn=group["TargetGroupArn"])
    return [found["TargetHealth"]["State"] for found in health["TargetHealthDescriptions"]].count("healthy")


def test_a_service_gets_what_fargate_gives_it(aws: Harness, image: str) -> None:
    secrets = aws.client("secretsmanager")
    arn = secrets.create_secret(Name="key", SecretString='{"a": "one"}')["ARN"]
    assert (
        aws.deploy("whole", template(image, {"VERSION": "1"}, secret=f"{arn}:a::", cpu=256))
        == "CREATE_COMPLETE"
    )

    environment = json.loads(get(f"{aws.url('whole')}/environment"))
    assert environment["SECRET"] == "one"
    assert environment["AWS_REGION"] == "eu-central-1"
    # The role's credentials sign calls to the stand-in, from inside a container.
    key, secret = environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]
    assert aws.client("secretsmanager", key, secret).get_secret_value(SecretId="key")["SecretString"]
    assert get(f"{aws.url('whole')}/fetch?{environment['AWS_ENDPOINT_URL']}/_admin/health") == "403"

    [container] = containers(aws)
    limits = container.attrs["HostConfig"]
    assert limits["NanoCpus"] == 250_000_000
    assert limits["Memory"] == 128 * 1024**2
    assert limits["ReadonlyRootfs"] is True

    headers = json.loads(get(f"{aws.url('whole')}/headers"))
    assert headers["x-forwarded-for"] == "127.0.0.1"
    events = aws.client("logs").filter_log_events(logGroupName="/ai-api/whole")["events"]
    assert "version 1" in [event["message"] for event in events]


def test_a_roll_out_under_load_loses_no_request(aws: Harness, image: str) -> None:
    assert aws.deploy("roll", template(image, {"VERSION": "1", "DRAIN_SECONDS": "0.3"})) == "CREATE_COMPLETE"
    aws.client("ecs").update_service(cluster="roll", service="roll", desiredCount=2)
    wait_for(lambda: healthy_targets(aws) == 2, "two healthy targets")

    with Load(aws.url("roll")) as load:
        status = aws.deploy("roll", template(image, {"VERSION": "2", "DRAIN_SECONDS": "0.3"}))

    assert status == "UPDATE_COMPLETE"
    assert load.failures == []
    assert load.sent > 50
    assert load.bodies[0] == "1"
    assert get(aws.url("roll")) == "2"
    service = aws.service("roll")
    assert [deployment["rolloutState"] for deployment in service["deployments"]] == ["COMPLETED"]
    assert len(containers(aws)) == 2


@pytest.mark.parametrize("day", [{"CRASH": "1"}, {"SICK": "1"}], ids=["crashing", "never healthy"])
def test_a_bad_image_is_rolled_back_while_the_old_one_serves(
    aws: Harness, image: str, day: dict[str, str]
) -> None:
    assert aws.deploy("bad", template(image, {"VERSION": "1"}, failures=1)) == "CREATE_COMPLETE"

    with Load(aws.url("bad")) as load:
        status = aws.deploy("bad", template(image, {"VERSION": "2", **day}, failures=1))

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert load.failures == []
    assert set(load.bodies) == {"1"}
    events = aws.client("cloudformation").describe_stack_events(StackName="bad")["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"] == "UPDATE_FAILED"]
    assert failed[0]["LogicalResourceId"] == "Service"
    assert "Circuit Breaker" in failed[0]["ResourceStatusReason"]


def test_a_new_service_that_cannot_start_fails_its_stack_and_leaves_nothing(aws: Harness, image: str) -> None:
    assert aws.deploy("stillborn", template(image, {"CRASH": "1"}, failures=1)) == "ROLLBACK_COMPLETE"
    assert containers(aws) == []


def test_an_image_that_cannot_be_had_says_so(aws: Harness) -> None:
    name = f"000000000000.dkr.ecr.eu-central-1.amazonaws.com/nowhere@sha256:{'0' * 64}"
    aws.deploy("missing", template(name, {}, failures=1))
    tasks = aws.client("ecs").list_tasks(cluster="missing", desiredStatus="STOPPED")["taskArns"]
    assert tasks == [] or aws.client("ecs").describe_tasks(cluster="missing", tasks=tasks)
    events = aws.client("cloudformation").describe_stack_events(StackName="missing")["StackEvents"]
    assert any("Circuit Breaker" in event.get("ResourceStatusReason", "") for event in events)


def test_a_container_that_dies_is_replaced(aws: Harness, image: str) -> None:
    assert aws.deploy("phoenix", template(image, {"VERSION": "1"})) == "CREATE_COMPLETE"
    [before] = containers(aws)
    before.kill()
    after = wait_for(
        lambda: next((found for found in containers(aws) if found.id != before.id), None), "a new container"
    )
    wait_for(lambda: aws.service("phoenix")["runningCount"] == 1, "the service")
    assert after.id != before.id
    wait_for(lambda: len(containers(aws)) == 1, "the removal of the dead one")


def test_deleting_the_stack_leaves_no_container(aws: Harness, image: str) -> None:
    assert aws.deploy("short", template(image, {"VERSION": "1"})) == "CREATE_COMPLETE"
    aws.client("cloudformation").delete_stack(StackName="short")
    assert aws.settled("short") == ""
    assert containers(aws) == []


def test_autoscaling_follows_measured_cpu(aws: Harness, image: str) -> None:
    def deploy(share: str) -> str:
        busy = template(image, {"BURN": share}, minimum=1, maximum=2, grace=30, cpu=128)
        return aws.deploy("busy", busy)

    def activities() -> list[str]:
        found = aws.client("application-autoscaling").describe_scaling_activities(ServiceNamespace="ecs")
        return [activity["Description"] for activity in found["ScalingActivities"]]

    assert deploy("0.9") == "CREATE_COMPLETE"
    wait_for(lambda: aws.service("busy")["runningCount"] == 2, "scaling out")
    assert activities() == ["Setting desired count to 2."]

    assert deploy("0") == "UPDATE_COMPLETE"
    wait_for(lambda: aws.service("busy")["runningCount"] == 1, "scaling in")
    # The deployment itself did not undo what the scaler chose.
    assert activities() == ["Setting desired count to 1.", "Setting desired count to 2."]


def test_regions_are_apart_though_their_names_are_the_same(aws: Harness, image: str) -> None:
    answers = {}
    for region in ("eu-west-1", "us-west-2"):
        cloudformation = aws.aws("cloudformation", region)
        body = template(image, {"VERSION": region})
        cloudformation.create_stack(StackName="twin", TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
        cloudformation.get_waiter("stack_create_complete").wait(
            StackName="twin", WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
        [stack] = cloudformation.describe_stacks(StackName="twin")["Stacks"]
        answers[region] = get(f"http://{stack['Outputs'][0]['OutputValue']}")
    assert answers == {"eu-west-1": "eu-west-1", "us-west-2": "us-west-2"}


def test_a_task_that_is_stopped_while_it_starts_leaves_no_container(aws: Harness, image: str) -> None:
    ecs = aws.client("ecs")
    ecs.create_cluster(clusterName="hasty")
    definition = [{"name": "api", "image": image, "memory": 64, "stopTimeout": 2}]
    ecs.register_task_definition(family="hasty", containerDefinitions=definition)
    [task] = ecs.run_task(cluster="hasty", taskDefinition="hasty")["tasks"]
    ecs.stop_task(cluster="hasty", task=task["taskArn"])

    def status() -> str:
        [found] = ecs.describe_tasks(cluster="hasty", tasks=[task["taskArn"]])["tasks"]
        return str(found["lastStatus"])

    wait_for(lambda: status() == "STOPPED", "the end of the task")
    assert containers(aws) == []
