"""state: present: create the resource, update it, or find that there is nothing to do."""

from __future__ import annotations

from typing import Any

from ...core.changes import Change
from ...core.outcome import Outcome
from ...core.ownership import marks, refuse_foreign
from . import soft_delete
from .job import Job
from .operation import Verdict, state_of, verdict_of
from .shape import merged
from .types import expected, is_known
from .wanted import Wanted


def present(job: Job, wanted: Wanted) -> Outcome:
    if wanted.tags is not None:
        marks(wanted.tags)
    return job.patiently(lambda: _once(job, wanted))


def _once(job: Job, wanted: Wanted) -> Outcome:
    live = job.settled() if is_known(job.id) else None
    if live is not None and wanted.tags is not None:
        refuse_foreign(job.shown.capitalize(), live.get("tags") or {}, wanted.tags)
    failed = live is not None and verdict_of(state_of(live)) is Verdict.FAILED
    if live is not None and wanted.is_met_by(live) and not failed:
        return Outcome(False, live)
    held = soft_delete.find(job.session, job.id) if live is None and is_known(job.id) else None
    changes = [*(soft_delete.planned(held, wanted) if held else ()), *wanted.changes(job.shown, live or {})]
    if live is not None and failed:
        changes.append(Change(job.shown, "properties.provisioningState", state_of(live), "Succeeded"))
    if job.check:
        return Outcome(True, expected(job.id, merged(live or {}, wanted.declared)), changes)
    if held:
        soft_delete.release(job, wanted, held)
        live = job.settled()
    return Outcome(True, applied(job, wanted, live), changes)


def applied(job: Job, wanted: Wanted, live: dict[str, Any] | None) -> dict[str, Any]:
    """Make it so, and what Azure has then."""
    method, body = wanted.request(live)
    job.send(method, "update" if live else "create", body)
    return job.finished()
