"""Makes services so: starts new revisions, moves the traffic when they are ready, stops what gets none."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from ...core.runner import Ingress, LogEntry, Phase, Runner
from ...core.runner import Revision as Runnable
from ..errors import ApiError
from ..rpc import Json
from . import plan, records
from .failures import RevisionError, not_started
from .surroundings import Surroundings

_SPARE_SECONDS = 300.0  # for pulling the image


@dataclass
class Live:
    """A service as it runs. ``known`` are its revisions as the runner gets them, ``split`` its traffic."""

    port: int
    key: str
    known: dict[str, Runnable] = field(default_factory=dict)
    split: list[plan.Target] = field(default_factory=list)
    running: set[str] = field(default_factory=set)
    notes: deque[LogEntry] = field(default_factory=lambda: deque(maxlen=100))


class Deployer:
    """``revisions`` gives a revision's record by its full name, or None."""

    def __init__(
        self,
        runner: Runner,
        surroundings: Surroundings,
        ports: Iterable[int],
        revisions: Callable[[str], Json | None],
    ) -> None:
        self._runner, self._surroundings = runner, surroundings
        self._ports, self._revisions = list(ports), revisions
        self._live: dict[str, Live] = {}

    def open(self, service: str, ingress: Callable[[int], Ingress]) -> str:
        """Give the service a port; its address. Raise ApiError when there is none left."""
        taken = {live.port for live in self._live.values()}
        _, _, _, location, _, name = service.split("/")
        for port in self._ports:
            if port not in taken:
                live = Live(port, f"{location}/{name}")
                with contextlib.suppress(OSError):  # someone else's, by now
                    self._runner.open(live.key, ingress(port))
                    self._live[service] = live
                    return f"http://127.0.0.1:{port}"
        raise ApiError(
            "RESOURCE_EXHAUSTED",
            f"All {len(self._ports)} ports for services are taken: delete a service that is not needed.",
        )

    def logs(self) -> Iterator[tuple[str, LogEntry]]:
        """What the instances of each service wrote, and without an instance why a revision failed."""
        for service, live in self._live.items():
            for entry in [*self._runner.logs(live.key), *live.notes]:
                yield service, entry

    async def deploy(self, service: Json, revision: Json | None) -> None:
        """Bring up the new revision, if there is one, then move the traffic. Raise ApiError."""
        if revision is not None:
            await self._introduce(service, revision)
        await self._route(service)

    def traffic(self, service: str) -> list[plan.Target]:
        """What is served now."""
        return self._live[service].split if service in self._live else []

    def serves(self, revision: str) -> bool:
        """Whether a revision, by its full name, gets traffic or can be reached by a tag."""
        service, _, name = revision.partition("/revisions/")
        return any(target.revision == name for target in self._live[service].split)

    async def close(self, service: str) -> None:
        """Finish what it has in hand, then leave nothing of it."""
        await asyncio.to_thread(self._runner.close, self._live[service].key)
        del self._live[service]

    def clear(self) -> None:
        """Forget everything at once; remove all containers."""
        self._live.clear()
        self._runner.shutdown()

    async def _introduce(self, service: Json, revision: Json) -> None:
        """Bring up a new revision, or leave nothing of it. Raise ApiError."""
        live, name = self._live[service["name"]], revision["name"].rpartition("/")[2]
        try:
            await self._bring_up(service["name"], revision)
        except RevisionError as error:
            records.failed(revision, error.message, **error.reason)
            raise error.of_service(name) from error
        finally:
            if name not in live.running:
                self._runner.stop(live.key, name)
        service["latestReadyRevision"] = revision["name"]

    async def _bring_up(self, service: str, record: Json) -> None:
        """Return when the revision is ready. Raise RevisionError."""
        live, name = self._live[service], record["name"].rpartition("/")[2]
        if name not in live.known:
            image, login = self._surroundings.image(record["containers"][0]["image"])
            environ = self._surroundings.environ(record)
            live.known[name] = plan.runnable(record, image, login, environ)
        self._runner.start(live.key, live.known[name])
        seconds = plan.patience(record) + _SPARE_SECONDS
        status = await asyncio.to_thread(self._runner.wait, live.key, name, seconds)
        if status.phase is not Phase.READY:
            live.notes.append(LogEntry(time.time(), name, "", status.reason))
            raise not_started(record, status.reason)
        live.running.add(name)
        records.ready(record)

    async def _route(self, service: Json) -> None:
        """Move the traffic as declared, once all that should get some is there. Raise ApiError."""
        live = self._live[service["name"]]
        latest = service.get("latestReadyRevision", "").rpartition("/")[2]
        split = plan.targets(service["traffic"], latest)
        wanted = {target.revision for target in split}
        for name in wanted:
            record = self._revisions(f"{service['name']}/revisions/{name}")
            if record is None:
                raise ApiError(
                    "FAILED_PRECONDITION",
                    f"Revision '{name}' does not exist or is deleted. Update all traffic to route to "
                    "currently available revisions.",
                )
            if self._runner.status(live.key, name).phase is not Phase.READY:
                try:
                    await self._bring_up(service["name"], record)
                except RevisionError as error:
                    raise error.of_service(name) from error
            self._scale(live, service, record, split)
        self._runner.route(live.key, plan.shares(split), plan.tags(split))
        live.split = split
        for name in live.running - wanted:
            self._runner.stop(live.key, name)
        live.running &= wanted

    def _scale(self, live: Live, service: Json, record: Json, split: list[plan.Target]) -> None:
        name = record["name"].rpartition("/")[2]
        percent = sum(target.percent for target in split if target.revision == name)
        scale = plan.scale(record, service, percent)
        self._runner.start(live.key, replace(live.known[name], scale=scale))
