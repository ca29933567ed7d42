"""What a stack's events tell: the resource in work, the first cause of a failure, what stays stuck."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.aws.stack import events
from ansible_collections.ai_api.cloud.plugins.module_utils.aws.stack.status import Step, next_step
from botocore.session import get_session

STACK = "AWS::CloudFormation::Stack"
TOPIC = "AWS::SNS::Topic"


def told(*lines: str) -> list[Any]:
    """Events, newest first, of ``name status reason`` in the order they happened; ``stack`` is the stack."""
    happened = []
    for line in lines:
        name, status, *reason = line.split(" ", 2)
        kind = STACK if name == "stack" else TOPIC
        physical = "arn:stack" if name == "stack" else f"arn:{name}"
        event = {
            "LogicalResourceId": name,
            "ResourceType": kind,
            "ResourceStatus": status,
            "StackId": "arn:stack",
        }
        happened.append(event | {"PhysicalResourceId": physical, "ResourceStatusReason": "".join(reason)})
    return happened[::-1]


FAILED = told(
    "stack CREATE_IN_PROGRESS User Initiated",
    "Early CREATE_FAILED of another operation",
    "stack UPDATE_IN_PROGRESS User Initiated",
    "A UPDATE_IN_PROGRESS",
    "B UPDATE_IN_PROGRESS",
    "B UPDATE_FAILED Resource handler returned message: no (Service: Sns, Status Code: 400, "
    "Request ID: 1234-abcd) (RequestToken: x, HandlerErrorCode: InvalidRequest)",
    "A UPDATE_FAILED Resource update cancelled",
    "C UPDATE_FAILED neither did this",
    "stack UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed",
    "B UPDATE_FAILED cannot go back",
    "stack UPDATE_ROLLBACK_FAILED",
)


def test_only_the_last_operation_counts() -> None:
    names = [event["LogicalResourceId"] for event in events.of_last_operation(FAILED)]
    assert "Early" not in names and names[-1] == "stack" and len(names) == 9


def test_the_first_cause_explains_with_the_vendors_code_and_request_id() -> None:
    error = events.explain("update", "ai", events.of_last_operation(FAILED), "our-request")
    assert error.summary.startswith(
        "Cannot update stack ai: B (AWS::SNS::Topic) UPDATE_FAILED: Resource handler"
    )
    assert error.summary.endswith("also failed: C")
    assert (error.code, error.request_id) == ("InvalidRequest", "1234-abcd")
    assert error.next_step


def test_our_own_request_id_where_the_event_has_none() -> None:
    happened = told("stack CREATE_IN_PROGRESS", "A CREATE_FAILED The name is taken.")
    error = events.explain("create", "ai", happened, "our-request")
    assert error.request_id == "our-request" and "name is taken" in error.summary


def test_ecs_is_asked_about_a_service_that_did_not_come_up() -> None:
    happened = told("stack UPDATE_IN_PROGRESS", "S UPDATE_FAILED Circuit breaker was triggered")
    happened[0]["ResourceType"] = "AWS::ECS::Service"
    began = happened[-1]["Timestamp"] = datetime(2026, 1, 2, tzinfo=UTC)
    asked = []

    def ask(name: str, since: datetime) -> str:
        asked.append((name, since))
        return "its container ended"

    error = events.explain("update", "ai", happened, None, ask)
    assert asked == [("S", began)]
    assert "its container ended" in error.summary


def test_a_stack_policy_points_to_the_option() -> None:
    happened = told(
        "A UPDATE_FAILED Action denied by stack policy: Statement [#2] does not allow [Update:Replace]"
    )
    assert "protected_resources" in str(events.explain("update", "ai", happened, None))


def test_the_stack_itself_where_no_resource_failed() -> None:
    happened = told("stack CREATE_IN_PROGRESS", "stack CREATE_FAILED Validation failed")
    assert "Validation failed" in events.explain("create", "ai", happened, None).summary
    assert "gives no reason" in events.explain("create", "ai", [], None).summary


def test_what_the_last_try_to_roll_back_could_not_mend() -> None:
    assert events.stuck(FAILED) == ["B"]


def test_progress_names_the_resource_in_work() -> None:
    at_work = told(
        "stack CREATE_IN_PROGRESS", "A CREATE_IN_PROGRESS", "A CREATE_COMPLETE", "B CREATE_IN_PROGRESS"
    )
    assert events.current(at_work) == "B CREATE_IN_PROGRESS"
    assert events.current(told("stack CREATE_IN_PROGRESS", "A CREATE_IN_PROGRESS", "A CREATE_COMPLETE")) == (
        "CREATE_IN_PROGRESS"
    )


@pytest.mark.parametrize(
    ("status", "step"),
    [
        ("UPDATE_ROLLBACK_COMPLETE", Step.GO_ON),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Step.WAIT),
        ("REVIEW_IN_PROGRESS", Step.DELETE),
        ("ROLLBACK_FAILED", Step.DELETE),
        ("UPDATE_ROLLBACK_FAILED", Step.CONTINUE_ROLLBACK),
        ("IMPORT_ROLLBACK_FAILED", Step.REFUSE),
    ],
)
def test_a_status_asks_for_one_step(status: str, step: Step) -> None:
    assert next_step(status) is step


def test_every_status_of_cloudformation_has_a_step() -> None:
    """A new one of the SDK must be thought about, not be refused by chance."""
    model: Any = get_session().get_service_model("cloudformation")
    statuses = set(model.shape_for("StackStatus").enum) - {"DELETE_COMPLETE"}
    refused = {status for status in statuses if next_step(status) is Step.REFUSE}
    assert refused == {"IMPORT_ROLLBACK_FAILED"}
