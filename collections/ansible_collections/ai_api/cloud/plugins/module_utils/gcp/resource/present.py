"""state: present: create the resource, update it, or find that there is nothing to do."""

from __future__ import annotations

from typing import Any

from ...core.changes import Change
from ...core.errors import CloudError
from ...core.outcome import Outcome
from ...core.ownership import marks, refuse_foreign
from ..errors import ApiError
from . import revision
from .job import Job
from .marks import labels_of, shared_mark
from .types import expected, is_known
from .wanted import Wanted


def present(job: Job, wanted: Wanted, *, replace: bool = False) -> Outcome:
    """``replace``: whether the resource may be deleted and made anew where it cannot be changed."""
    if wanted.labels is not None:
        marks(wanted.labels)
        if not (wanted.kind.has_labels or wanted.kind.has_description):
            raise CloudError(
                f"{job.shown} has neither labels nor a description to mark it with",
                next_step="Leave the task's labels out.",
            )
    done: list[Change] = []
    return job.patiently(lambda: _once(job, wanted, replace, done))


def _once(job: Job, wanted: Wanted, replace: bool, done: list[Change]) -> Outcome:
    """``done`` is what former attempts have begun and what this one begins."""
    live = job.settled()
    if live is not None and wanted.labels is not None:
        refuse_foreign(job.shown, labels_of(job.kind, live), wanted.labels)
    failed = revision.failed(live or {})
    if live is not None and wanted.is_met_by(live) and not failed:
        return Outcome(bool(done), live, done)
    changes = wanted.changes(job.shown, live or {})
    if failed and live is not None:
        changes.append(Change(job.shown, "terminalCondition.state", revision.FAILED, revision.SUCCEEDED))
    fixed = wanted.immutable(live) if live else []
    if fixed and not replace:
        raise CloudError(
            f"{job.shown} differs in what cannot be changed: {', '.join(fixed)}",
            next_step="Declare it as it is, or set replace: true to delete it, with all that is in it, and "
            "make it anew.",
        )
    if job.check:
        _judged(job, wanted, None if fixed else live)
        resource = {**(live or {}), **expected(job.kind, job.path, {**(live or {}), **wanted.created()})}
        return Outcome(True, resource, changes)
    if fixed and live is not None:
        job.delete(live.get("etag"))
        live = None
    return Outcome(True, _applied(job, wanted, live, changes, done), done)


def _applied(
    job: Job, wanted: Wanted, live: dict[str, Any] | None, changes: list[Change], done: list[Change]
) -> dict[str, Any]:
    if live is None:
        action, operation = "create", job.create(wanted.created())
    else:
        fields = wanted.differing(live) or [revision.FIELD]
        again = {"forceNewRevision": "true"} if revision.failed(live) else {}
        action, operation = "update", job.patch(wanted.patched(live), fields, live.get("etag"), **again)
    done.extend(change for change in changes if change not in done)
    try:
        job.ended(operation, action)
    except ApiError as error:
        raise revision.explained(job, job.read() or {}, error) from error
    found = job.settled()
    if found is None:
        raise CloudError(
            f"{job.shown} was accepted and is not there",
            next_step="Somebody deleted it meanwhile, or Google is slow to show it: run again.",
        )
    if revision.failed(found):
        raise revision.explained(job, found, None)
    if wanted.target and shared_mark(wanted.target) not in labels_of(job.kind, found):
        raise lost_update(job)
    return found


def lost_update(job: Job) -> ApiError:
    """Of kinds that know no etag, two changes at once can end as one."""
    return ApiError(f"{job.shown} was changed by another run at the same time", status="ABORTED")


def _judged(job: Job, wanted: Wanted, live: dict[str, Any] | None) -> None:
    """Where Google can judge a request without doing it, it does so in check mode.

    What it says about the body counts. Anything else may be for want of what would be made before.
    """
    body = wanted.patched(live) if live else wanted.created()
    if not is_known(body) or not job.kind.takes("patch" if live else "create", "validateOnly"):
        return
    try:
        if live:
            job.patch(body, wanted.differing(live) or [revision.FIELD], live.get("etag"), validateOnly="true")
        else:
            job.create(body, validateOnly="true")
    except ApiError as error:
        if error.status == "INVALID_ARGUMENT":
            raise
        job.progress.say(f"{job.shown} would not be accepted as things are now: {error.summary}", 0)
