"""Reading a stack's events: what is being worked on, and what went wrong first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from ...core.errors import CloudError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackEventTypeDef

_STACK = "AWS::CloudFormation::Stack"
_SERVICE = "AWS::ECS::Service"
_STARTS = {"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"}
_CONSEQUENCE = re.compile(
    r"creation cancelled|update cancelled|Resource (creation|update) cancelled", re.IGNORECASE
)
_REQUEST_ID = re.compile(r"Request ?ID: ([\w-]+)", re.IGNORECASE)
_POLICY = re.compile(r"stack policy", re.IGNORECASE)
_PROTECTED = "It is one of protected_resources: take it out of them first if its loss is meant."
_CORRECT = "Correct the cause and run again; CloudFormation has kept or restored what worked before."
_CODE = re.compile(r"(?:HandlerErrorCode|Error Code): (\w+)")


def of_last_operation(newest_first: Iterable[StackEventTypeDef]) -> Iterator[StackEventTypeDef]:
    """The events since the stack last began to be created, updated or deleted, newest first."""
    for event in newest_first:
        yield event
        if _is_stack(event) and event.get("ResourceStatus") in _STARTS:
            return


def current(newest_first: Iterable[StackEventTypeDef]) -> str:
    """The resource being worked on and its status, for a line of progress."""
    done: set[str] = set()
    stack = ""
    for event in newest_first:
        name, status = event.get("LogicalResourceId", ""), event.get("ResourceStatus", "")
        if _is_stack(event):
            stack = stack or status
        elif status.endswith("_IN_PROGRESS") and name not in done:
            return f"{name} {status}"
        done.add(name)
    return stack


def failures(newest_first: Iterable[StackEventTypeDef]) -> list[StackEventTypeDef]:
    """Events that say that something failed, the first cause first; not what was cancelled because of it."""
    failed = [event for event in newest_first if event.get("ResourceStatus", "").endswith("_FAILED")]
    causes = [event for event in reversed(failed) if not _CONSEQUENCE.search(reason(event))]
    return [event for event in causes if not _is_stack(event)] or causes


def stuck(newest_first: Iterable[StackEventTypeDef]) -> list[str]:
    """The resources that the last try to roll back could not bring back."""
    names = []
    for event in newest_first:
        if _is_stack(event) and event.get("ResourceStatus") == "UPDATE_ROLLBACK_IN_PROGRESS":
            break
        if not _is_stack(event) and event.get("ResourceStatus") == "UPDATE_FAILED":
            names.append(event["LogicalResourceId"])
    return sorted(set(names))


def explain(
    action: str,
    stack: str,
    newest_first: Iterable[StackEventTypeDef],
    request_id: str | None,
    ask_ecs: Callable[[str, datetime], str] | None = None,
) -> CloudError:
    """Why the operation failed: the event of the resource that failed first, with the vendor's request id."""
    happened = list(newest_first)
    causes = failures(happened)
    if not causes:
        return CloudError(
            f"Cannot {action} stack {stack}: CloudFormation gives no reason",
            request_id=request_id,
            next_step=f"See `aws cloudformation describe-stack-events --stack-name {stack}`.",
        )
    first, text = causes[0], reason(causes[0])
    code, vendor_id = _CODE.search(text), _REQUEST_ID.search(text)
    parts = [f"Cannot {action} stack {stack}: {subject(first)} {first.get('ResourceStatus')}: {text}"]
    if ask_ecs and first.get("ResourceType") == _SERVICE:
        parts.append(ask_ecs(first["LogicalResourceId"], happened[-1]["Timestamp"]))
    if others := {event["LogicalResourceId"] for event in causes} - {first["LogicalResourceId"]}:
        parts.append(f"also failed: {', '.join(sorted(others))}")
    return CloudError(
        "; ".join(part.strip().rstrip(".") for part in parts if part),
        code=code.group(1) if code else None,
        request_id=vendor_id.group(1) if vendor_id else request_id,
        next_step=_PROTECTED if _POLICY.search(text) else _CORRECT,
    )


def subject(event: StackEventTypeDef) -> str:
    return f"{event.get('LogicalResourceId')} ({event.get('ResourceType')})"


def reason(event: StackEventTypeDef) -> str:
    return event.get("ResourceStatusReason") or "no reason given"


def _is_stack(event: StackEventTypeDef) -> bool:
    """The stack itself; a nested stack is a resource of it."""
    return event.get("ResourceType") == _STACK and event.get("PhysicalResourceId") == event.get("StackId")
