"""state: absent: delete the stack, and what would hold its names afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...core.changes import Change
from ...core.ownership import refuse_foreign
from . import delete, names
from .job import Job, Outcome
from .status import in_progress
from .wanted import tags_of

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef


def absent(job: Job, tags: Mapping[str, str]) -> Outcome:
    found = job.stack.read()
    if found is None:
        return Outcome(False, "absent")
    refuse_foreign(f"Stack {job.stack.name}", tags_of(found), tags)
    if in_progress(found["StackStatus"]):
        found = job.wait(found["StackId"])
        if found["StackStatus"] == "DELETE_COMPLETE":
            return Outcome(False, "absent")
    return _deleted(job, found, tags)


def _deleted(job: Job, found: StackTypeDef, tags: Mapping[str, str]) -> Outcome:
    resources = job.stack.resources()
    changes = [
        Change(
            each["LogicalResourceId"],
            "",
            f"{each['ResourceType']} {each.get('PhysicalResourceId', '')}",
            None,
        )
        for each in resources
        if each["ResourceStatus"] != "DELETE_COMPLETE"
    ]
    if not job.check:
        delete.and_wait(job, found)
        names.release(job, names.of_resources(resources), tags)
    return Outcome(True, "absent", changes=[Change(job.stack.name, "", "stack", None), *changes])
