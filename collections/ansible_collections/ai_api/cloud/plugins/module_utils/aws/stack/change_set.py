"""A change set made only to be read: what an update would change, in CloudFormation's own words."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ...core.changes import Change
from ...core.errors import CloudError
from ..errors import explained
from .client import Request
from .job import Job
from .plan import Picture, from_change_set
from .wanted import Wanted

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ResourceChangeTypeDef

_NOTHING = ("didn't contain changes", "No updates are to be performed")


def changes(job: Job, wanted: Wanted, before: Picture) -> list[Change]:
    """The changes that updating the (existing) stack to ``wanted`` would make. Nothing is left behind."""
    with _made(job, wanted) as name:
        return from_change_set(_entries(job, name), before, wanted.picture)


@contextmanager
def _made(job: Job, wanted: Wanted) -> Iterator[str]:
    name = f"check-{uuid.uuid4()}"
    about: Request = {"StackName": wanted.name, "ChangeSetName": name}
    with explained("plan the update of", f"stack {wanted.name}"):
        job.stack.api.create_change_set(**about, ChangeSetType="UPDATE", **wanted.request())
    try:
        yield name
    finally:
        with explained("delete the change set of", f"stack {wanted.name}"):
            job.stack.api.delete_change_set(**about)


def _entries(job: Job, name: str) -> list[ResourceChangeTypeDef]:
    """The announced changes, all pages, once the change set is computed."""
    about: Request = {"StackName": job.stack.name, "ChangeSetName": name}
    api = job.stack.api
    for waited in job.deadline.polls():
        with explained("plan the update of", f"stack {job.stack.name}"):
            page = api.describe_change_set(**about, IncludePropertyValues=True)
        if page["Status"] == "FAILED":
            reason = page.get("StatusReason", "no reason given")
            if any(nothing in reason for nothing in _NOTHING):
                return []
            raise CloudError(f"Cannot plan the update of stack {job.stack.name}: {reason}".rstrip("."))
        if page["Status"] == "CREATE_COMPLETE":
            break
        job.progress.say(f"{job.stack.name}: planning {page['Status']}", waited)
    else:
        raise CloudError(
            f"The plan for stack {job.stack.name} is not ready after {job.deadline.seconds:.0f} s"
        )
    entries = [each["ResourceChange"] for each in page["Changes"]]
    while token := page.get("NextToken"):
        with explained("plan the update of", f"stack {job.stack.name}"):
            page = api.describe_change_set(**about, IncludePropertyValues=True, NextToken=token)
        entries += [each["ResourceChange"] for each in page["Changes"]]
    return entries
