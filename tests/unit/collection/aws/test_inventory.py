"""What still carries the marks: all of a deployment, nothing of others, nothing after clean-up."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.aws.inventory import AwsInventory, from_arn
from ansible_collections.ai_api.cloud.plugins.module_utils.core.errors import CloudError
from ansible_collections.ai_api.cloud.plugins.module_utils.core.leftovers import report
from ansible_collections.ai_api.cloud.plugins.module_utils.core.waiting import Progress

from tests.unit.collection.conftest import TAGS, Cloud, role_template

PLATFORM = {"Name": "test", "RepositoryName": "test", "SecretPrefix": "test/"}
TAG_LIST = [{"Key": name, "Value": value} for name, value in TAGS.items()]


def listed(cloud: Cloud, **options: Any) -> dict[str, Any]:
    inventory = AwsInventory(cloud.client, TAGS)
    options = {"purge": False, "wait": None, "check": False} | options
    return report(inventory, progress=Progress(cloud.shown.append), **options)


def types(cloud: Cloud) -> set[str]:
    return {each["type"] for each in listed(cloud)["resources"]}


def deploy(cloud: Cloud, tags: dict[str, str]) -> None:
    cloud.apply(role_template("platform"), PLATFORM, name="p", tags=tags)
    registry = {"RepositoryName": "test", "KeepImages": 3, "UntaggedDays": 1}
    cloud.apply(role_template("registry"), registry, name="r", tags=tags)
    cloud.apply(role_template("secret_store"), {"ProviderKeyName": "test/key"}, name="s", tags=tags)


def test_everything_of_a_deployment_is_found_and_nothing_after_it_is_removed(cloud: Cloud) -> None:
    assert listed(cloud)["resources"] == []
    deploy(cloud, TAGS)
    assert types(cloud) == {
        "cloudformation:stack",
        "ec2:internet-gateway",
        "ec2:route-table",
        "ec2:security-group",
        "ec2:subnet",
        "ec2:vpc",
        "ecr:repository",
        "ecs:cluster",
        "iam:role",
        "logs:log-group",
        "secretsmanager:secret",
    }
    for name in ("s", "r", "p"):
        cloud.remove(name=name)
    assert listed(cloud, wait=5)["resources"] == []


def test_another_deployment_is_not_ours(cloud: Cloud) -> None:
    deploy(cloud, TAGS | {"deployment": "other"})
    assert listed(cloud, wait=0)["resources"] == []


def test_what_lies_outside_of_stacks_is_found(cloud: Cloud) -> None:
    """A service and its load balancer, say, that somebody made by hand with our marks."""
    ecs, balancers = cloud.client("ecs"), cloud.client("elbv2")
    ecs.create_cluster(clusterName="foreign")
    task = ecs.register_task_definition(family="f", containerDefinitions=[{"name": "a", "image": "a"}])
    ecs.create_service(
        cluster="foreign",
        serviceName="lost",
        taskDefinition=task["taskDefinition"]["taskDefinitionArn"],
        desiredCount=0,
        tags=[{"key": name, "value": value} for name, value in TAGS.items()],
    )
    balancers.create_target_group(Name="lost", Tags=TAG_LIST)
    assert types(cloud) == {"ecs:service", "elasticloadbalancing:targetgroup"}
    ecs.delete_service(cluster="foreign", service="lost", force=True)
    assert types(cloud) == {"elasticloadbalancing:targetgroup"}


def test_a_secret_that_is_only_scheduled_for_deletion_is_told_and_purged_on_request(cloud: Cloud) -> None:
    manager = cloud.client("secretsmanager")
    for name in ("gone", "kept"):
        manager.create_secret(Name=name, SecretString="x", Tags=TAG_LIST)
    manager.delete_secret(SecretId="gone")
    states = {each["name"]: each["state"] for each in listed(cloud)["resources"]}
    assert states == {"gone": "scheduled for deletion", "kept": ""}

    check = listed(cloud, purge=True, check=True)
    assert check["changed"] and len(check["resources"]) == 2
    purged = listed(cloud, purge=True)
    assert purged["changed"] and [each["name"] for each in purged["resources"]] == ["kept"]
    assert not listed(cloud, purge=True)["changed"]


def test_what_is_left_after_the_wait_is_named(cloud: Cloud) -> None:
    cloud.client("secretsmanager").create_secret(Name="left", SecretString="x", Tags=TAG_LIST)
    with pytest.raises(CloudError, match=r"still on 1 .*secretsmanager:secret left") as failure:
        listed(cloud, wait=0)
    assert failure.value.next_step
    assert not listed(cloud, wait=0, check=True)["changed"]


@pytest.mark.parametrize(
    ("arn", "kind", "name"),
    [
        ("arn:aws:ecr:eu-west-1:1:repository/a/b", "ecr:repository", "a/b"),
        ("arn:aws:logs:eu-west-1:1:log-group:/x/y", "logs:log-group", "/x/y"),
        ("arn:aws:sns:eu-west-1:1:topic", "sns", "topic"),
        ("arn:aws:apigateway:eu-west-1::/restapis/x", "apigateway", "/restapis/x"),
    ],
)
def test_an_arn_tells_type_and_name(arn: str, kind: str, name: str) -> None:
    owned = from_arn(arn)
    assert (owned.type, owned.name) == (kind, name)
