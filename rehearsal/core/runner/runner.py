"""The runner as control planes see it, from any thread."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType

from .. import deaths
from ..containers import Engine
from ..loop import LoopThread
from .fleet import Fleet
from .model import LogEntry, Phase, Revision, Share, Status
from .service import Ingress, Service

log = logging.getLogger("runner")
_ENGINE_CALLS = 32  # at once
_GONE = Status(Phase.GONE)


class Runner:
    """Services of revisions, each of instances, behind an ingress of their own.

    ``labels`` go on every container; those of a former run are removed, so they must be this cloud's alone.
    ``minute`` is how many seconds a cloud's minute takes in scaling. Only ``wait``, ``close`` and
    ``shutdown`` may take long.
    """

    def __init__(self, engine: Engine, labels: Mapping[str, str], *, minute: float) -> None:
        self._engine, self._labels, self._minute = engine, dict(labels), minute
        self._services: dict[str, Service] = {}
        self._moved = threading.Condition()
        self._listeners: list[Callable[[str], None]] = []
        self._news = ThreadPoolExecutor(1, "runner-news")
        self._loop = LoopThread("runner")
        self._loop.loop.set_default_executor(ThreadPoolExecutor(_ENGINE_CALLS, "runner-engine"))
        engine.remove_all(self._labels)
        watch = (engine, self._labels, self._containers, self._died)
        threading.Thread(target=deaths.watch, args=watch, name="runner-deaths", daemon=True).start()

    def open(self, service: str, ingress: Ingress) -> None:
        """Make the service, or change its ingress. Raise OSError when the port cannot be had."""
        self._loop.run(self._open(service, ingress))

    def start(self, service: str, revision: Revision) -> None:
        """Run a revision; ``status`` tells how it goes. Raise KeyError for a service that is not open.

        Of one that runs already and is the same but for its scale the scale is changed.
        """
        self._loop.run(self._call(lambda: self._services[service].start(revision)))

    def status(self, service: str, revision: str) -> Status:
        """GONE for what is not known (any more)."""
        found = self._services.get(service)
        fleet = found.fleets.get(revision) if found else None
        return fleet.status() if fleet else _GONE

    def wait(self, service: str, revision: str, seconds: float) -> Status:
        """Its status once it is no longer STARTING, or after so long."""
        deadline = time.monotonic() + seconds
        with self._moved:
            while True:
                status = self.status(service, revision)
                left = deadline - time.monotonic()
                if status.phase is not Phase.STARTING or left <= 0:
                    return status
                self._moved.wait(left)

    def route(
        self,
        service: str,
        shares: Sequence[Share],
        tags: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Split requests like this from now on; ``tags`` maps each tag to a revision.

        Raise KeyError for a service that is not open, ValueError for shares that do not add up to 100 and
        for unknown revisions.
        """
        self._loop.run(self._call(lambda: self._services[service].route(shares, tags)))

    def stop(self, service: str, revision: str) -> None:
        """It is GONE at once; requests in hand are finished in the background, then its instances go."""
        self._loop.run(self._call(lambda: self._stop(service, revision)))

    def close(self, service: str) -> None:
        """Stop everything of it, free the port and forget its logs; return when that is done."""
        self._loop.run(self._close(service))

    def services(self) -> list[str]:
        return list(self._services)

    def logs(self, service: str) -> list[LogEntry]:
        """The last lines of all its instances, also of those that are gone, oldest first."""
        found = self._services.get(service)
        return found.logs.entries() if found else []

    def subscribe(self, changed: Callable[[str], None]) -> None:
        """Call it with the service's name, in a thread of the runner, when a revision may have changed."""
        self._listeners.append(changed)

    def shutdown(self) -> None:
        """Forget every service and remove all containers at once; the runner can be used again."""
        self._loop.run(self._abandon())
        self._engine.remove_all(self._labels)

    # In the loop

    @staticmethod
    async def _call(what: Callable[[], None]) -> None:
        what()

    async def _open(self, name: str, ingress: Ingress) -> None:
        service = self._services.get(name)
        if not service:
            service = Service(
                name,
                ingress,
                self._engine,
                self._labels,
                changed=lambda: self._changed(name),
                minute=self._minute,
            )
        await service.open(ingress)
        self._services[name] = service

    def _stop(self, service: str, revision: str) -> None:
        if found := self._services.get(service):
            found.stop(revision)

    async def _close(self, name: str) -> None:
        if service := self._services.get(name):
            await service.close()
            self._services.pop(name, None)

    async def _abandon(self) -> None:
        services = list(self._services.values())
        self._services.clear()
        await asyncio.gather(*(service.abandon() for service in services))

    def _changed(self, service: str) -> None:
        with self._moved:
            self._moved.notify_all()
        for listener in self._listeners:
            self._news.submit(self._tell, listener, service)

    @staticmethod
    def _tell(listener: Callable[[str], None], service: str) -> None:
        try:
            listener(service)
        except Exception:
            log.exception("on the news of %s", service)

    # What the engine says, in a thread of its own

    def _fleets(self) -> list[Fleet]:
        services = list(self._services.values())
        return [fleet for found in services for fleet in [*list(found.fleets.values()), *list(found.leaving)]]

    def _containers(self) -> list[str]:
        return [container for fleet in self._fleets() for container in fleet.containers]

    def _died(self, container: str) -> None:
        for fleet in self._fleets():
            self._loop.loop.call_soon_threadsafe(fleet.died, container)
