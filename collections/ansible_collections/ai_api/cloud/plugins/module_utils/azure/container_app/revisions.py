"""The revisions of a container app, and waiting until one is ready for traffic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from ...core.errors import CloudError
from ..resource.job import Job
from ..resource.types import name_of
from .plan import Revision

RESTARTS = 3  # of a container that is not ready: it will not become so


class Revisions:
    def __init__(self, job: Job, timeout: float) -> None:
        self._job = job
        self._timeout = timeout

    def all(self) -> list[Revision]:
        listed = self._job.session.listed(f"{self._job.id}/revisions", self._job.version, self._job.shown)
        return [Revision.of(each) for each in listed]

    def activate(self, name: str) -> None:
        self._job.send("POST", f"activate {name} of", path=f"/revisions/{name}/activate")

    def deactivate(self, name: str) -> None:
        self._job.send("POST", f"deactivate {name} of", path=f"/revisions/{name}/deactivate")

    def wait(self, name: str) -> None:
        """Until the revision is ready; CloudError with its replicas' reasons when it cannot be."""
        revision: Revision | None = None
        for waited in self._job.deadline.polls():
            revision = self._read(name)
            if revision and revision.is_ready:
                return
            reasons = list(self._reasons(name)) if revision else []
            crashing = any(restarts >= RESTARTS for restarts, _ in reasons)
            if crashing or (revision and revision.is_lost) or waited >= self._timeout:
                error = [revision.error] if revision and revision.error else []
                why = "; ".join(dict.fromkeys([*error, *(said for _, said in reasons)]))
                raise self.given_up(
                    name, f"{revision or 'not there'} after {waited:.0f} s: {why or 'no reason given'}"
                )
            self._job.progress.say(str(revision or f"{name}: not there yet"), waited)
        raise self._job.timeout(str(revision))

    def given_up(self, name: str, why: str, request_id: str | None = None) -> CloudError:
        """What to tell of a revision that is not to be; it is deactivated, so that it costs nothing."""
        with suppress(CloudError):  # the first of all has the traffic, and nothing else could
            self.deactivate(name)
        return CloudError(
            f"Revision {name} does not become ready, and the traffic stays where it was: {why}",
            code="RevisionFailed",
            request_id=request_id,
            next_step=f"Look at its log (service_logs, or `az containerapp logs show --name "
            f"{name_of(self._job.id)} --revision {name}`), correct the cause and run again.",
        )

    def _read(self, name: str) -> Revision | None:
        path = f"{self._job.id}/revisions/{name}"
        found = self._job.session.find(path, self._job.version, f"revision {name}")
        return Revision.of(found.json()) if found else None

    def _reasons(self, name: str) -> Iterator[tuple[int, str]]:
        """Of every container that is not ready: how often it started again, and what Azure says about it."""
        path = f"{self._job.id}/revisions/{name}/replicas"
        for replica in self._job.session.listed(path, self._job.version, f"the replicas of {name}"):
            of = replica.get("properties") or {}
            for container in of.get("containers") or []:
                if not container.get("ready"):
                    yield int(container.get("restartCount") or 0), _said(container, of)


def _said(container: Mapping[str, Any], replica: Mapping[str, Any]) -> str:
    details = container.get("runningStateDetails") or replica.get("runningStateDetails") or ""
    state = f"container {container.get('name')} is {container.get('runningState') or 'not ready'}"
    restarts = int(container.get("restartCount") or 0)
    return f"{state}{f' ({details})' if details else ''}{f', restarted {restarts} times' if restarts else ''}"
