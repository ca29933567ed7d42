"""Every state that an interrupted or failed run leaves, produced for real; a plain run comes back."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.core.errors import CloudError

from tests.unit.collection.conftest import TAGS, Cloud

Resources = dict[str, Any]
GOOD: Resources = {
    "A": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Name": "/a", "Value": "1"}}
}
MANIFEST = {
    "schemaVersion": 2,
    "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
    "config": {
        "mediaType": "application/vnd.docker.container.image.v1+json",
        "size": 1,
        "digest": "sha256:" + "0" * 64,
    },
    "layers": [],
}


def never_signalled(after: str, seconds: int = 1) -> Resources:
    """A wait condition that holds the stack, and then fails it."""
    return {
        "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
        "Never": {
            "Type": "AWS::CloudFormation::WaitCondition",
            "DependsOn": [after],
            "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": str(seconds), "Count": 1},
        },
    }


def started(cloud: Cloud, operation: str, resources: Resources, **options: Any) -> None:
    """What a run that was killed has done: asked CloudFormation, and not waited."""
    tags = [{"Key": name, "Value": value} for name, value in TAGS.items()]
    request = {"StackName": "test", "TemplateBody": json.dumps({"Resources": resources}), "Tags": tags}
    getattr(cloud.client("cloudformation"), operation)(**request, **options)


def repository() -> Resources:
    """One that cannot be deleted once it holds an image."""
    name = f"held-{secrets.token_hex(4)}"
    return {"R": {"Type": "AWS::ECR::Repository", "Properties": {"RepositoryName": name}}}


def push_image(cloud: Cloud, resources: Resources) -> None:
    name = resources["R"]["Properties"]["RepositoryName"]
    cloud.client("ecr").put_image(repositoryName=name, imageManifest=json.dumps(MANIFEST), imageTag="v1")


def empty(cloud: Cloud, resources: Resources) -> None:
    name = resources["R"]["Properties"]["RepositoryName"]
    cloud.client("ecr").batch_delete_image(repositoryName=name, imageIds=[{"imageTag": "v1"}])


def wait_until_created(cloud: Cloud, logical_id: str, status: str = "CREATE_COMPLETE") -> None:
    job = cloud.job()
    found = job.stack.read()
    assert found
    for _ in job.deadline.polls():
        seen = {(e["LogicalResourceId"], e["ResourceStatus"]) for e in job.stack.events(found["StackId"])}
        if (logical_id, status) in seen:
            return
    raise AssertionError(f"{logical_id} never was {status}")


def assert_converges(cloud: Cloud) -> None:
    assert cloud.apply({"Resources": GOOD}).changed
    assert not cloud.apply({"Resources": GOOD}).changed
    assert cloud.client("ssm").get_parameter(Name="/a")["Parameter"]["Value"] == "1"


@pytest.mark.parametrize(("disabled", "status"), [(False, "ROLLBACK_COMPLETE"), (True, "CREATE_FAILED")])
def test_a_stack_that_was_never_whole_is_made_anew(cloud: Cloud, disabled: bool, status: str) -> None:
    started(cloud, "create_stack", GOOD | never_signalled("A"), DisableRollback=disabled)
    cloud.wait_for(status)
    check = cloud.apply({"Resources": GOOD}, check=True)
    assert check.changed and cloud.status() == status and cloud.front.changes == []
    assert_converges(cloud)


def test_a_roll_back_that_failed_is_deleted_and_made_anew(cloud: Cloud) -> None:
    held = repository()
    started(cloud, "create_stack", held | never_signalled("R"))
    wait_until_created(cloud, "R")
    push_image(cloud, held)
    cloud.wait_for("ROLLBACK_FAILED")
    empty(cloud, held)
    assert_converges(cloud)


def test_a_change_set_nobody_executed_is_cleared(cloud: Cloud) -> None:
    started(cloud, "create_change_set", GOOD, ChangeSetName="left", ChangeSetType="CREATE")
    assert cloud.status() == "REVIEW_IN_PROGRESS"
    assert_converges(cloud)


def test_another_run_is_waited_for_and_told(cloud: Cloud) -> None:
    started(cloud, "create_stack", GOOD | never_signalled("A"))
    assert cloud.status() == "CREATE_IN_PROGRESS"
    assert_converges(cloud)
    assert any("Never CREATE_IN_PROGRESS" in line for line in cloud.shown)


def test_waiting_for_another_run_is_bounded(cloud: Cloud) -> None:
    started(cloud, "create_stack", GOOD | never_signalled("A", 4))
    with pytest.raises(CloudError, match=r"CREATE_IN_PROGRESS after 0 s.*raise wait_timeout"):
        cloud.apply({"Resources": GOOD}, job=cloud.job(seconds=0.2))


def test_a_run_that_is_faster_is_waited_for(cloud: Cloud) -> None:
    """Both find no stack, the other one creates it first."""
    cloud.front.fail("CreateStack", (400, "AlreadyExistsException"))
    assert_converges(cloud)
    assert cloud.shown


def test_an_update_left_half_way_is_rolled_back_first(cloud: Cloud) -> None:
    cloud.apply({"Resources": GOOD})
    changed = json.loads(json.dumps(GOOD).replace('"1"', '"2"'))
    started(cloud, "update_stack", changed | never_signalled("A"), DisableRollback=True)
    cloud.wait_for("UPDATE_FAILED")
    assert not cloud.apply({"Resources": GOOD}).changed
    assert cloud.client("ssm").get_parameter(Name="/a")["Parameter"]["Value"] == "1"


def policy(action: str) -> Resources:
    """A policy on a role outside of the stack: without the role it cannot be brought back."""
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    properties = {"PolicyName": "reach", "Roles": ["outside"], "PolicyDocument": document}
    return {"P": {"Type": "AWS::IAM::Policy", "Properties": properties}}


def test_a_stuck_roll_back_goes_on_without_what_holds_it_and_names_it(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    iam.create_role(RoleName="outside", AssumeRolePolicyDocument=trust)
    cloud.apply({"Resources": policy("s3:GetObject")})
    started(cloud, "update_stack", policy("s3:PutObject") | never_signalled("P"))
    wait_until_created(cloud, "P", "UPDATE_COMPLETE")
    iam.delete_role_policy(RoleName="outside", PolicyName="reach")
    iam.delete_role(RoleName="outside")
    cloud.wait_for("UPDATE_ROLLBACK_FAILED")

    job = cloud.job()
    cloud.apply({"Resources": GOOD}, job=job)
    assert cloud.front.changes.count("ContinueUpdateRollback") == 2
    assert len(job.warnings) == 1 and "skipped P" in job.warnings[0]
    assert not cloud.apply({"Resources": GOOD}).changed


def test_a_failed_deletion_names_what_holds_the_stack_and_is_tried_again(cloud: Cloud) -> None:
    held = repository()
    cloud.apply({"Resources": held})
    push_image(cloud, held)
    with pytest.raises(CloudError, match=r"held by R \(AWS::ECR::Repository\): .*not empty") as failure:
        cloud.remove()
    assert failure.value.next_step and "run again" in failure.value.next_step
    assert cloud.status() == "DELETE_FAILED"
    empty(cloud, held)
    assert cloud.remove().changed
    assert cloud.status() is None
    assert not cloud.remove().changed


def test_a_stack_that_could_not_be_deleted_is_made_anew(cloud: Cloud) -> None:
    held = repository()
    cloud.apply({"Resources": held})
    push_image(cloud, held)
    with pytest.raises(CloudError):
        cloud.remove()
    empty(cloud, held)
    assert_converges(cloud)


def test_removing_waits_for_a_run_that_is_under_way(cloud: Cloud) -> None:
    started(cloud, "create_stack", GOOD | never_signalled("A"))
    assert cloud.remove().changed
    assert cloud.status() is None
