"""state: absent: delete the resource, and wait until it is gone."""

from __future__ import annotations

from collections.abc import Mapping

from ...core.changes import Change
from ...core.errors import CloudError
from ...core.outcome import Outcome
from ...core.ownership import is_owned, refuse_foreign
from . import soft_delete
from .job import Job
from .types import shown, type_of

GROUP = "resourceGroups"


def absent(job: Job, tags: Mapping[str, str] | None, on_deleted: str) -> Outcome:
    """``tags``: None for types that have none."""
    live = job.settled()
    if live is None:
        return Outcome(False)
    if tags is not None:
        refuse_foreign(job.shown.capitalize(), live.get("tags") or {}, tags)
        if type_of(job.id).casefold() == GROUP.casefold():
            _refuse_foreign_content(job, tags)
    if not job.check:
        job.patiently(lambda: _delete(job, on_deleted))
    return Outcome(True, live, [Change(job.shown, "", type_of(job.id), None)])


def _delete(job: Job, on_deleted: str) -> None:
    purge = on_deleted == soft_delete.PURGE
    force = {"force": "true"} if purge and type_of(job.id) == soft_delete.WORKSPACES else None
    job.send("DELETE", "delete", query=force)
    if job.settled() is not None:
        raise CloudError(
            f"{job.shown} was deleted and is still there".capitalize(),
            next_step="Run again in a minute: Azure takes its time.",
        )
    if purge and (held := soft_delete.find(job.session, job.id)):
        soft_delete.purge(job, held)


def _refuse_foreign_content(job: Job, tags: Mapping[str, str]) -> None:
    """A group is deleted with everything in it, whoever made that."""
    inside = job.session.listed(f"{job.id}/resources", job.version, f"what is in {job.shown}")
    foreign = [shown(each["id"]) for each in inside if not is_owned(each.get("tags") or {}, tags)]
    if foreign:
        raise CloudError(
            f"{job.shown} holds what is not ours: {', '.join(sorted(foreign)[:20])}".capitalize(),
            next_step="Move that to another group, or remove it with its own tools; then run again.",
        )
