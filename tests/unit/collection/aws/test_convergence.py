"""Property: applying what was applied never changes anything, whatever the template, parameters and tags."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from ansible_collections.ai_api.cloud.plugins.module_utils.core.ownership import MARKS
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.unit.collection.conftest import TAGS, Cloud

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,12}", fullmatch=True)
TEXT = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=30)
VALUES = st.one_of(
    TEXT.filter(lambda text: text.strip() == text),
    st.integers(-(10**6), 10**6),
    st.booleans(),
    st.lists(NAMES, min_size=1, max_size=3),
)


@st.composite
def resources(draw: st.DrawFn, name: str, parameters: list[str]) -> dict[str, Any]:
    """One resource of a cheap type; its text is literal, a parameter, or both joined."""
    value: Any = draw(TEXT)
    if parameters:
        parameter = draw(st.sampled_from(parameters))
        value = draw(st.sampled_from([value, {"Ref": parameter}, {"Fn::Sub": f"x-${{{parameter}}}-y"}]))
    return draw(
        st.sampled_from(
            [
                {
                    "Type": "AWS::SSM::Parameter",
                    "Properties": {"Type": "String", "Name": f"/{name}", "Value": value},
                },
                {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name, "DisplayName": value}},
                {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name, "RetentionInDays": 7}},
                {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": name, "Description": value}},
            ]
        )
    )


@st.composite
def tasks(draw: st.DrawFn) -> dict[str, Any]:
    """The arguments of one ``Cloud.apply``."""
    values = draw(st.dictionaries(NAMES, VALUES, max_size=3))
    names = [
        f"n-{uuid4().hex}" for _ in range(draw(st.integers(1, 4)))
    ]  # no example meets another's leftovers
    made = [draw(resources(name, sorted(values))) for name in names]
    others = st.dictionaries(NAMES, TEXT, max_size=3).map(
        lambda tags: {name: value for name, value in tags.items() if name not in MARKS}
    )
    return {
        "template": {
            "Parameters": {name: {"Type": "String"} for name in values},
            "Resources": {f"R{number}": resource for number, resource in enumerate(made)},
            "Outputs": {"First": {"Value": {"Ref": "R0"}}},
        },
        "parameters": values,
        "tags": {**draw(others), **TAGS},
    }


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(first=tasks(), second=tasks())
def test_a_second_run_changes_nothing(cloud: Cloud, first: dict[str, Any], second: dict[str, Any]) -> None:
    try:
        for task in (first, second):
            made = cloud.apply(**task)
            again = cloud.apply(**task)
            assert not again.changed and again.outputs == made.outputs
            assert cloud.front.calls == ["DescribeStacks"]
            assert not cloud.apply(**task, check=True).changed
    finally:
        cloud.remove()
