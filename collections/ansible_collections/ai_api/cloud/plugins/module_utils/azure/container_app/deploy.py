"""A container app as declared: the new revision beside the old ones, then the traffic, then their end.

Whatever step a run is killed at, the next one finds by the app itself which are left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...core.changes import Change, compare
from ...core.later import later
from ...core.ownership import marks, refuse_foreign
from ..errors import ApiError
from ..resource.job import Job
from ..resource.operation import Verdict, state_of, verdict_of
from ..resource.shape import merged, seen, writable
from ..resource.types import expected, is_known, name_of
from ..resource.wanted import Wanted
from .plan import Revision, only, routed, suffix, superfluous, unmoved, with_revision
from .revisions import Revisions

App = dict[str, Any]
OPERATION_FAILED = "ContainerAppOperationError"


@dataclass(frozen=True)
class Deployment:
    """What came of a task; in check mode, what would."""

    app: App
    revision: str
    changes: list[Change]

    @property
    def url(self) -> str:
        return f"https://{self.app['properties']['configuration']['ingress']['fqdn']}"


@dataclass
class Deployer:
    """``keep``: how many old revisions stay active, for a way back without a start."""

    job: Job
    wanted: Wanted
    revisions: Revisions
    keep: int

    def deploy(self) -> Deployment:
        marks(self.wanted.tags or {})
        return self.job.patiently(self._once)

    def _once(self) -> Deployment:
        job = self.job
        live = job.settled() if is_known(job.id) else None
        if live is not None:
            refuse_foreign(job.shown.capitalize(), live.get("tags") or {}, self.wanted.tags or {})
        known = self.revisions.all() if live else []
        name, target = self._target(live, known)
        changes = self._differences(live, target)
        if job.check:
            app = live or expected(job.id, target)
            steps = self._steps(app, known, name)
            is_there = any(each.name == name for each in known)
            return Deployment(
                app, name if is_there else later(f"revision of {job.shown}"), [*changes, *steps]
            )
        if changes or live is None:
            body = merged(merged(writable(live or {}), target), routed(unmoved(known)))
            live = self._put(body, name, is_new=live is None)
            known = self.revisions.all()
        changes += self._steps(live, known, name)
        return Deployment(self._brought_live(live, known, name), name, changes)

    def _put(self, body: App, name: str, *, is_new: bool) -> App:
        """Azure itself waits for the revision, mostly, and then tells why it does not become ready."""
        try:
            self.job.send("PUT", "create" if is_new else "update", body)
            return self.job.finished()
        except ApiError as error:
            if error.code == OPERATION_FAILED and error.passes is None:
                raise self.revisions.given_up(name, error.summary, error.request_id) from error
            raise

    def _target(self, live: App | None, known: Sequence[Revision]) -> tuple[str, App]:
        """The name of the revision that shall serve, and the app with it."""
        held = live["properties"].get("template") if live else None
        taken = [each.name.partition("--")[2] for each in known]
        revision = suffix(self.job.id, self.wanted.body["properties"]["template"], held, taken)
        return f"{name_of(self.job.id)}--{revision}", with_revision(self.wanted.declared, revision)

    def _differences(self, live: App | None, target: App) -> list[Change]:
        changes = compare(self.job.shown, seen(live or {}, target), target)
        if live is not None and verdict_of(state_of(live)) is Verdict.FAILED:
            changes.append(
                Change(self.job.shown, "properties.provisioningState", state_of(live), "Succeeded")
            )
        return changes

    def _steps(self, app: App, known: Sequence[Revision], name: str) -> list[Change]:
        """What is left to do: start the revision, give it the traffic, end the old ones."""
        active = {
            **{each.name: True for each in known if each.name == name and not each.active},
            **dict.fromkeys(superfluous(known, name, self.keep), False),
        }
        steps = [
            Change(self.job.shown, f"revisions[{each}].active", not will, will)
            for each, will in active.items()
        ]
        if not _has_all_traffic(app, name):
            before = {each.name: each.weight for each in known if each.weight}
            steps.append(Change(self.job.shown, "traffic", before or None, {name: 100}))
        return steps

    def _brought_live(self, app: App, known: Sequence[Revision], name: str) -> App:
        current = next((each for each in known if each.name == name), None)
        if current and not current.active:
            self.revisions.activate(name)
        if not (current and current.is_ready):
            self.revisions.wait(name)
        if not _has_all_traffic(app, name):
            self.job.send("PATCH", "move the traffic of", routed(only(name)))
            app = self.job.finished()
        for each in superfluous(known, name, self.keep):
            self.revisions.deactivate(each)
        return app


def _has_all_traffic(app: App, name: str) -> bool:
    wanted = routed(only(name))
    return bool(seen(app, wanted) == wanted)
