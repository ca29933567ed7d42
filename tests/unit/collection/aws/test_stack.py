"""A stack's life on the stand-in: create, find unchanged, change, check, protect, refuse, fail, remove."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.core.errors import CloudError
from ansible_collections.ai_api.cloud.plugins.module_utils.core.later import LATER

from tests.unit.collection.conftest import TAGS, Cloud

TEMPLATE: dict[str, Any] = {
    "Parameters": {
        "Value": {"Type": "String", "Default": "one"},
        "Hidden": {"Type": "String", "Default": "planted", "NoEcho": True},
    },
    "Resources": {
        "Plain": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Type": "String", "Name": "/plain", "Value": {"Ref": "Value"}},
        },
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "topic"}},
    },
    "Outputs": {"Name": {"Value": {"Ref": "Plain"}}, "TopicArn": {"Value": {"Ref": "Topic"}}},
}


def changed_template(**properties: Any) -> dict[str, Any]:
    template = copy.deepcopy(TEMPLATE)
    template["Resources"]["Plain"]["Properties"] |= properties
    return template


def labels(outcome: Any) -> dict[str, tuple[Any, Any]]:
    return {change.label: (change.before, change.after) for change in outcome.changes}


def test_the_second_run_is_one_read(cloud: Cloud) -> None:
    made = cloud.apply(TEMPLATE)
    assert made.changed and made.status == "CREATE_COMPLETE"
    assert made.resources and made.resources.keys() == {"Plain", "Topic"}
    assert made.outputs["Name"] == "/plain" and made.outputs.keys() == {"Name", "TopicArn"}

    again = cloud.apply(TEMPLATE)
    assert not again.changed and again.changes == []
    assert again.outputs == made.outputs
    assert cloud.front.calls == ["DescribeStacks"]


@pytest.mark.parametrize(
    ("template", "parameters", "tags", "shown"),
    [
        (TEMPLATE, {"Value": "two"}, TAGS, {"Plain.Value": ("one", "two")}),
        (changed_template(Description="d"), {}, TAGS, {"Plain.Description": (None, "d")}),
        (TEMPLATE, {}, TAGS | {"environment": "prod"}, {"Tags.environment": (None, "prod")}),
        (
            TEMPLATE | {"Outputs": {"Name": {"Value": "/plain"}}},
            {},
            TAGS,
            {
                "Outputs.Name": (f"<Plain, {LATER}>", "/plain"),
                "Outputs.TopicArn": (f"<Topic, {LATER}>", None),
            },
        ),
    ],
    ids=["parameter", "property", "tag", "output"],
)
def test_a_change_is_told_in_check_mode_and_is_just_that(
    cloud: Cloud, template: dict[str, Any], parameters: dict[str, str], tags: dict[str, str], shown: Any
) -> None:
    cloud.apply(TEMPLATE)
    check = cloud.apply(template, parameters, tags=tags, check=True)
    assert check.changed and labels(check) == shown
    assert set(cloud.front.changes) == {"CreateChangeSet", "DeleteChangeSet"}
    assert cloud.client("cloudformation").list_change_sets(StackName="test")["Summaries"] == []
    assert not cloud.apply(TEMPLATE).changed, "check mode changed something"

    assert labels(cloud.apply(template, parameters, tags=tags)) == shown
    assert not cloud.apply(template, parameters, tags=tags).changed


def test_check_mode_on_an_empty_account_says_what_would_be_made(cloud: Cloud) -> None:
    check = cloud.apply(TEMPLATE, {"Value": "two"}, check=True)
    assert check.changed
    assert check.outputs["TopicArn"] == f"<output TopicArn of test, {LATER}>"
    assert labels(check)["Plain.Value"] == (None, "two")
    assert labels(check)["Topic"] == (None, "AWS::SNS::Topic")
    assert cloud.front.changes == [] and cloud.status() is None


def test_check_mode_goes_on_where_a_parameter_is_not_known_yet(cloud: Cloud) -> None:
    cloud.apply(TEMPLATE)
    check = cloud.apply(TEMPLATE, {"Value": f"<output X of other, {LATER}>"}, check=True)
    assert labels(check) == {"Plain.Value": ("one", f"<output X of other, {LATER}>")}
    assert cloud.front.changes == []


def test_a_hidden_parameter_is_never_shown(cloud: Cloud) -> None:
    template = changed_template(Value={"Ref": "Hidden"})
    made = cloud.apply(template, {"Hidden": "planted-one"})
    changed = cloud.apply(template | {"Description": "d"}, {"Hidden": "planted-two"})
    assert changed.changed
    assert "planted" not in f"{made} {changed}"
    assert cloud.client("ssm").get_parameter(Name="/plain")["Parameter"]["Value"] == "planted-two"


def test_what_is_protected_is_denied_to_updates_but_not_to_absent(cloud: Cloud) -> None:
    cloud.apply(TEMPLATE, protected=["Plain"])
    policy = cloud.client("cloudformation").get_stack_policy(StackName="test")["StackPolicyBody"]
    allow, deny = json.loads(policy)["Statement"]
    assert (allow["Effect"], allow["Action"]) == ("Allow", "Update:*")
    assert (deny["Effect"], deny["Action"]) == ("Deny", ["Update:Replace", "Update:Delete"])
    assert deny["Resource"] == ["LogicalResourceId/Plain"]

    assert cloud.apply(TEMPLATE, protected=["Plain", "Topic"]).changed, "a new protection is a change"
    assert not cloud.apply(TEMPLATE, protected=["Topic", "Plain"]).changed
    assert cloud.remove().changed


@pytest.mark.parametrize("theirs", [{}, TAGS | {"deployment": "other"}, TAGS | {"managed-by": "hand"}])
def test_a_stack_that_is_not_ours_is_never_touched(cloud: Cloud, theirs: dict[str, str]) -> None:
    tags = [{"Key": name, "Value": value} for name, value in theirs.items()]
    cloud.client("cloudformation").create_stack(
        StackName="test", TemplateBody=json.dumps(TEMPLATE), Tags=tags
    )
    cloud.wait_for("CREATE_COMPLETE")
    with pytest.raises(CloudError, match="not ours"):
        cloud.apply(TEMPLATE)
    assert cloud.front.changes == []
    with pytest.raises(CloudError, match="not ours"):
        cloud.remove()
    assert cloud.front.changes == []


def test_marks_are_required(cloud: Cloud) -> None:
    with pytest.raises(CloudError, match="tags lack deployment"):
        cloud.apply(TEMPLATE, tags={"managed-by": "ai-api"})
    assert cloud.front.changes == []


def test_a_failure_is_explained_by_the_resource_that_failed_first(cloud: Cloud) -> None:
    cloud.apply(TEMPLATE)
    broken = copy.deepcopy(TEMPLATE)
    broken["Resources"]["Bad"] = {
        "Type": "AWS::IAM::Policy",
        "Properties": {"PolicyName": "p", "Roles": ["none"]},
    }
    with pytest.raises(CloudError, match=r"Bad \(AWS::IAM::Policy\) .*FAILED") as failure:
        cloud.apply(broken)
    assert failure.value.request_id and failure.value.next_step
    assert cloud.status() == "UPDATE_ROLLBACK_COMPLETE"
    with pytest.raises(CloudError, match="Bad"):
        cloud.apply(broken)  # what was rolled back does not pass for done
    assert not cloud.apply(TEMPLATE).changed


def test_removing_tells_what_goes(cloud: Cloud) -> None:
    cloud.apply(TEMPLATE)
    check = cloud.remove(check=True)
    assert check.changed and labels(check)["Plain"] == ("AWS::SSM::Parameter /plain", None)
    assert cloud.front.changes == []
    assert cloud.remove().changed and cloud.status() is None
    assert not cloud.remove(check=True).changed


def test_a_stack_protected_from_deletion_says_so(cloud: Cloud) -> None:
    cloud.apply(TEMPLATE)
    cloudformation = cloud.client("cloudformation")
    cloudformation.update_termination_protection(StackName="test", EnableTerminationProtection=True)
    with pytest.raises(CloudError, match="TerminationProtection"):
        cloud.remove()


def test_a_name_held_by_a_deleted_secret_is_freed(cloud: Cloud) -> None:
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "ai/key"}}
    tags = [{"Key": name, "Value": value} for name, value in TAGS.items()]
    manager = cloud.client("secretsmanager")
    manager.create_secret(Name="ai/key", SecretString="x", Tags=tags)
    manager.delete_secret(SecretId="ai/key")
    assert cloud.apply({"Resources": {"Key": secret}}).changed
    assert "DeletedDate" not in manager.describe_secret(SecretId="ai/key")


def test_a_name_held_by_somebody_elses_deleted_secret_is_left_alone(cloud: Cloud) -> None:
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "ai/key"}}
    manager = cloud.client("secretsmanager")
    manager.create_secret(Name="ai/key", SecretString="x")
    manager.delete_secret(SecretId="ai/key")
    with pytest.raises(CloudError, match="not ours"):
        cloud.apply({"Resources": {"Key": secret}})
    assert manager.describe_secret(SecretId="ai/key")["DeletedDate"]
