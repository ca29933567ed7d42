"""Deleting a stack, and saying what holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.errors import CloudError
from . import events
from .job import Job

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef


def and_wait(job: Job, found: StackTypeDef) -> None:
    """Delete the stack and wait until it is gone; CloudError naming what holds it if it stays."""
    stack_id = found["StackId"]
    job.stack.delete()
    after = job.wait(stack_id)
    if after["StackStatus"] == "DELETE_COMPLETE":
        return
    holders = events.failures(job.stack.events(stack_id))
    reasons = "; ".join(f"{events.subject(event)}: {events.reason(event)}" for event in holders)
    raise CloudError(
        f"Stack {job.stack.name} cannot be deleted. It is held by {reasons or 'what its events do not tell'}",
        request_id=job.stack.request_id,
        next_step="Empty or detach what is named, then run again: the deletion is tried anew.",
    )
