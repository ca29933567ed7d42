"""state: absent: delete the resource, or only our mark on what others use too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.changes import Change, compare
from ...core.errors import CloudError
from ...core.outcome import Outcome
from ...core.ownership import refuse_foreign
from .job import Job
from .marks import labels_of, shared_mark, sharers, with_labels
from .present import lost_update


def absent(job: Job, labels: Mapping[str, str] | None, target: str | None) -> Outcome:
    """``labels``: None for kinds that have no place for them; ``target`` shares it with others."""
    return job.patiently(lambda: _once(job, labels, target))


def _once(job: Job, labels: Mapping[str, str] | None, target: str | None) -> Outcome:
    live = job.settled()
    if live is None:
        return Outcome(False)
    carried = labels_of(job.kind, live)
    if labels is not None:
        refuse_foreign(job.shown, carried, labels)
    others = sharers(carried) - {target}
    if others and target is None:
        raise CloudError(
            f"{job.shown} is shared by {', '.join(sorted(others))}",
            next_step="Set shared_by to the target that does not need it any more.",
        )
    if others and target:
        return _left(job, live, carried, shared_mark(target))
    if not job.check:
        job.delete(live.get("etag"))
    return Outcome(True, live, [Change(job.shown, "", job.path, None)])


def _left(job: Job, live: dict[str, Any], carried: dict[str, str], mark: str) -> Outcome:
    """Others need it still."""
    if mark not in carried:
        return Outcome(False, live)
    field = "labels" if job.kind.has_labels else "description"
    kept = {name: value for name, value in carried.items() if name != mark}
    after = with_labels(job.kind, {**live, "labels": {}}, kept)[field]
    changes = compare(job.shown, {field: live[field]}, {field: after})
    if job.check:
        return Outcome(True, live, changes)
    job.ended(job.patch({field: after}, [field], live.get("etag")), "update")
    found = job.settled()
    if found is not None and mark in labels_of(job.kind, found):
        raise lost_update(job)
    return Outcome(True, found or {}, changes)
