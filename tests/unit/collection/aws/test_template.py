"""Templates and parameters: how they are read, told apart, sent and understood without deploying them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.aws.stack import parameters
from ansible_collections.ai_api.cloud.plugins.module_utils.aws.stack.resolve import HIDDEN, Resolver
from ansible_collections.ai_api.cloud.plugins.module_utils.aws.stack.template import Template
from ansible_collections.ai_api.cloud.plugins.module_utils.core.errors import CloudError
from ansible_collections.ai_api.cloud.plugins.module_utils.core.later import LATER, later

TEXT = """
Parameters:
  Name: {Type: String}
  Zones: {Type: CommaDelimitedList, Default: "a, b"}
  Size: {Type: Number, Default: 3}
  Public: {Type: String, Default: true}
  Key: {Type: String, NoEcho: true, Default: planted}
Mappings:
  Sizes: {small: {cpu: 256}}
Conditions:
  IsPublic: !Equals [!Ref Public, "true"]
  IsHidden: !Not [!Condition IsPublic]
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: !Sub "${Name}-${AWS::Region}-${!literal}"
      DisplayName: !If [IsPublic, !Join ["/", [!Ref Name, !Select [1, !Ref Zones]]], !Ref AWS::NoValue]
      Secret: !Ref Key
      Cpu: !FindInMap [Sizes, small, cpu]
      Account: !Sub "arn:${AWS::AccountId}"
  Policy:
    Type: AWS::IAM::Policy
    Condition: IsHidden
    Properties:
      Document: {Version: 2012-10-17, Statement: [{Condition: {StringEquals: {a: b}}}]}
Outputs:
  Arn: {Value: !GetAtt Topic.TopicArn}
  Zone: {Value: !Select [0, !Split [",", "x,y"]]}
  Only: {Condition: IsHidden, Value: !Ref Policy}
"""


def resolved(**values: str) -> Resolver:
    template = Template.parse(TEXT)
    return Resolver(
        template, parameters.desired(template, {"Name": "ai"} | values, "s"), {"AWS::Region": "eu-west-1"}
    )


def test_short_forms_become_long_ones_and_dates_stay_text() -> None:
    document = Template.parse(TEXT).document
    assert document["Outputs"]["Arn"]["Value"] == {"Fn::GetAtt": ["Topic", "TopicArn"]}
    assert document["Resources"]["Policy"]["Properties"]["Document"]["Version"] == "2012-10-17"
    assert json.dumps(document)


def test_a_template_means_the_same_without_its_comments_and_as_json() -> None:
    template = Template.parse(TEXT)
    assert Template.parse("# a comment\n" + TEXT).fingerprint() == template.fingerprint()
    assert Template.parse(json.dumps(template.document)).fingerprint() == template.fingerprint()
    assert Template.parse(TEXT.replace("256", "512")).fingerprint() != template.fingerprint()
    assert template.fingerprint(["Topic"]) != template.fingerprint()


@pytest.mark.parametrize("text", ["", "- a list", "Resources: [", "Parameters: {}", "\x00"])
def test_what_is_no_template_is_refused_with_its_path(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.yml"
    path.write_text(text)
    with pytest.raises(CloudError, match=r"bad\.yml cannot be read") as failure:
        Template.read(str(path))
    assert failure.value.next_step
    with pytest.raises(CloudError, match="nowhere"):
        Template.read("/nowhere.yml")


def test_a_service_is_sent_with_an_output_that_tells_its_roll_out() -> None:
    service = {"Type": "AWS::ECS::Service", "Condition": "C", "Properties": {"TaskDefinition": {"Ref": "T"}}}
    outputs = json.loads(Template.parse({"Resources": {"S": service}}).body("1234"))["Outputs"]
    joined = {"Fn::Join": ["|", ["default", {"Ref": "S"}, {"Ref": "T"}]]}
    assert outputs == {
        "AiApiTemplate": {"Value": "1234"},
        "AiApiRolloutS": {"Value": joined, "Condition": "C"},
    }


def test_functions_conditions_and_parameters_are_resolved() -> None:
    topic = resolved().resources()["Topic"]["Properties"]
    assert topic["TopicName"] == "ai-eu-west-1-${literal}"
    assert topic["DisplayName"] == "ai/b"
    assert topic["Cpu"] == 256
    assert topic["Secret"] == HIDDEN
    assert LATER in topic["Account"]
    assert resolved().resources().keys() == {"Topic"}
    assert resolved().outputs() == {"Arn": f"<Topic.TopicArn, {LATER}>", "Zone": "x"}


def test_a_condition_adds_resources_and_no_value_drops_a_property() -> None:
    hidden = resolved(Public="false")
    assert hidden.resources().keys() == {"Topic", "Policy"}
    assert "DisplayName" not in hidden.resources()["Topic"]["Properties"]
    statement = hidden.resources()["Policy"]["Properties"]["Document"]["Statement"]
    assert statement == [{"Condition": {"StringEquals": {"a": "b"}}}]
    assert hidden.outputs()["Only"] == f"<Policy, {LATER}>"


@pytest.mark.parametrize(
    ("value", "text"), [(True, "true"), (512, "512"), (0.5, "0.5"), (["a", "b"], "a,b"), ([], ""), ("x", "x")]
)
def test_parameters_are_text_as_cloudformation_keeps_it(value: Any, text: str) -> None:
    template = Template.parse({"Parameters": {"P": {"Type": "String", "Default": "d"}}, "Resources": {}})
    assert parameters.desired(template, {"P": value}, "s") == {"P": text}
    assert parameters.desired(template, {"P": None}, "s") == {"P": "d"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"Name": "n", "Zonez": "a"}, "no parameter Zonez.*Did you mean Zones"),
        ({}, "no value for parameter Name"),
    ],
)
def test_wrong_parameters_are_refused_before_anything_is_asked(given: dict[str, str], said: str) -> None:
    with pytest.raises(CloudError) as failure:
        parameters.desired(Template.parse(TEXT), given, "ai-stack")
    assert re.search(said, str(failure.value)) and "ai-stack" in str(failure.value)


def test_a_property_is_put_where_the_template_has_one() -> None:
    template = Template.parse("Resources: {Task: {Type: T, Properties: {Containers: [{Name: a, Env: []}]}}}")
    completed = template.completed({"Task.Containers.0.Env": [{"Name": "A", "Value": "1"}]})
    properties = completed.document["Resources"]["Task"]["Properties"]
    assert properties == {"Containers": [{"Name": "a", "Env": [{"Name": "A", "Value": "1"}]}]}
    assert template.document["Resources"]["Task"]["Properties"]["Containers"][0]["Env"] == []
    assert completed.fingerprint() != template.fingerprint()


@pytest.mark.parametrize(
    "path", ["Task", "Other.Name", "Task.Env", "Task.Containers.1.Env", "Task.Containers.x"]
)
def test_a_property_that_the_template_does_not_have_is_refused(path: str) -> None:
    template = Template.parse("Resources: {Task: {Type: T, Properties: {Containers: [{Name: a, Env: []}]}}}")
    with pytest.raises(CloudError, match=re.escape(f"The template has no property {path}")):
        template.completed({path: []})


def test_a_placeholder_in_a_property_makes_a_template_uncertain() -> None:
    template = Template.parse("Resources: {Task: {Type: T, Properties: {Env: []}}}")
    assert template.is_certain
    assert not template.completed({"Task.Env": [{"Value": later("version of a secret")}]}).is_certain
