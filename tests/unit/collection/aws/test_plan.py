"""The plan of an update where CloudFormation gives the values, as the real one does."""

from __future__ import annotations

import json
from typing import Any, cast

from ansible_collections.ai_api.cloud.plugins.module_utils.aws.stack.plan import Picture, from_change_set
from ansible_collections.ai_api.cloud.plugins.module_utils.core.changes import Change

UNKNOWN = "{{changeSet:KNOWN_AFTER_APPLY}}"


def context(**properties: Any) -> str:
    return json.dumps({"Properties": properties})


def planned(**entry: Any) -> list[Change]:
    announced = {"Action": "Modify", "LogicalResourceId": "R", "Replacement": "False"} | entry
    return from_change_set([cast(Any, announced)], Picture(), Picture())


def test_values_are_cloudformations_own() -> None:
    entry = {"BeforeContext": context(Cpu="256", Name="a"), "AfterContext": context(Cpu="512", Name="a")}
    assert planned(**entry) == [Change("R", "Cpu", "256", "512")]


def test_what_follows_and_what_is_replaced_is_told() -> None:
    changes = planned(
        BeforeContext=context(Task="arn:1"),
        AfterContext=context(Task=UNKNOWN),
        PhysicalResourceId="arn:r",
        Replacement="Conditional",
    )
    assert changes == [
        Change("R", "Task", "arn:1", UNKNOWN),
        Change("R", "(physical id)", "arn:r", "<may be replaced, known after deployment>"),
    ]


def test_a_new_and_a_removed_resource_have_one_side() -> None:
    assert planned(Action="Add", AfterContext=context(Cpu="256")) == [Change("R", "Cpu", None, "256")]
    assert planned(Action="Remove", BeforeContext=context(Cpu="256")) == [Change("R", "Cpu", "256", None)]


def test_secrets_are_hidden_there_too() -> None:
    entry = {"BeforeContext": context(Password="planted-1"), "AfterContext": context(Password="planted-2")}
    changes = planned(**entry)
    assert len(changes) == 1 and "planted" not in str(changes)
