"""A container app as declared: the new revision beside the old ones, then the traffic, then the old ones' end.

Whatever step a run is killed at, the next one finds by the app itself which are left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...core.changes import Change, compare
from ...core.later import later
from ...core.ownership import marks, refuse_foreign
from ..resource.job import Job
from ..resource.operation import Verdict, state_of, verdict_of
from ..resource.shape import merged, seen, writable
from ..resource.types import expected, is_known, name_of
from ..resource.wanted import Wanted
from .plan import Revision, only, routed, suffix, superfluous, unmoved, with_revision
from .revisions import Revisions

App = dict[str, Any]


@dataclass(frozen=True)
class Deployment:
    """What came of a task; in check mode, what would."""

    app: App
    revision: str
    changes: list[Change]

    @property
    def url(self) -> str:
        return f"https://{self.app['properties']['configuration']['ingress']['fqdn']}"


def deploy(job: Job, wanted: Wanted, revisions: Revisions, keep: int) -> Deployment:
    """``keep``: how many old revisions stay active, for a way back without a start."""
    marks(wanted.tags or {})
    return job.patiently(lambda: _once(job, wanted, revisions, keep))


def _once(job: Job, wanted: Wanted, revisions: Revisions, keep: int) -> Deployment:
    live = job.settled() if is_known(job.id) else None
    if live is not None:
        refuse_foreign(job.shown.capitalize(), live.get("tags") or {}, wanted.tags or {})
    known = revisions.all() if live else []
    name, target = _target(job, wanted, live, known)
    changes = _differences(job, live, target)
    if job.check:
        app = live or expected(job.id, target)
        is_there = any(each.name == name for each in known)
        return Deployment(
            app,
            name if is_there else later(f"revision of {job.shown}"),
            [*changes, *_steps(job, app, known, name, keep)],
        )
    if changes or live is None:
        body = merged(merged(writable(live or {}), target), routed(unmoved(known)))
        job.send("PUT", "update" if live else "create", body)
        live, known = job.finished(), revisions.all()
    changes += _steps(job, live, known, name, keep)
    return Deployment(_brought_live(job, live, revisions, known, name, keep), name, changes)


def _target(
    job: Job, wanted: Wanted, live: App | None, known: Sequence[Revision]
) -> tuple[str, dict[str, Any]]:
    """The name of the revision that shall serve, and the app with it."""
    held = live["properties"].get("template") if live else None
    taken = [each.name.partition("--")[2] for each in known]
    revision = suffix(job.id, wanted.body["properties"]["template"], held, taken)
    return f"{name_of(job.id)}--{revision}", with_revision(wanted.declared, revision)


def _differences(job: Job, live: App | None, target: Mapping[str, Any]) -> list[Change]:
    changes = compare(job.shown, seen(live or {}, target), target)
    if live is not None and verdict_of(state_of(live)) is Verdict.FAILED:
        changes.append(Change(job.shown, "properties.provisioningState", state_of(live), "Succeeded"))
    return changes


def _steps(job: Job, app: App, known: Sequence[Revision], name: str, keep: int) -> list[Change]:
    """What is left to do when the revision is there: start it, give it the traffic, end the old ones."""
    steps = [
        Change(job.shown, f"revisions[{each.name}].active", False, True)
        for each in known
        if each.name == name and not each.active
    ]
    if not _has_all_traffic(app, name):
        before = {each.name: each.weight for each in known if each.weight}
        steps.append(Change(job.shown, "traffic", before or None, {name: 100}))
    for each in superfluous(known, name, keep):
        steps.append(Change(job.shown, f"revisions[{each}].active", True, False))
    return steps


def _brought_live(
    job: Job, app: App, revisions: Revisions, known: Sequence[Revision], name: str, keep: int
) -> App:
    current = next((each for each in known if each.name == name), None)
    if current and not current.active:
        revisions.activate(name)
    if not (current and current.is_ready):
        revisions.wait(name)
    if not _has_all_traffic(app, name):
        job.send("PATCH", "move the traffic of", routed(only(name)))
        app = job.finished()
    for each in superfluous(known, name, keep):
        revisions.deactivate(each)
    return app


def _has_all_traffic(app: App, name: str) -> bool:
    wanted = routed(only(name))
    return bool(seen(app, wanted) == wanted)
