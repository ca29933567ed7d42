"""One instance of a revision: a container from its start to its removal."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from docker.errors import APIError, DockerException

from ..containers import Engine, Spec
from ..meters import ContainerMeter
from ..targets import Target
from . import probes
from .model import Probe, Revision

log = logging.getLogger("runner")
_LAST_LINES_SECONDS = 1.0
# What Cloud Run and Container Apps do without a startup probe: wait for the port.
_PORT_PERIOD, _PORT_FAILURES = 1.0, 240


@dataclass(frozen=True)
class End:
    """Why it ended: ``final`` when the next one would fare no better, ``asked`` when it was told to."""

    reason: str = ""
    final: bool = False
    asked: bool = False


class _ImageError(Exception):
    """The image cannot be had."""


class Instance:
    """Everything here runs in the runner's event loop.

    ``put`` gets its output line by line, in another thread. ``moved`` is called when it becomes ready or not,
    and when it has ended, which is before it has finished its requests and is removed.
    """

    def __init__(
        self,
        engine: Engine,
        spec: Spec,
        revision: Revision,
        put: Callable[[str], None],
        moved: Callable[[Instance], None],
    ) -> None:
        self._engine, self._spec, self._revision = engine, spec, revision
        self._put, self._moved = put, moved
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[End] = self._loop.create_future()
        self._dead, self._silent = asyncio.Event(), asyncio.Event()
        self._began = time.monotonic()
        self._dying: asyncio.Task[None] | None = None
        self._finishing: asyncio.Task[None] | None = None
        self._hasty = False
        self.name = spec.name
        self.container = ""
        self.target = Target(("", 0))
        self.meter: ContainerMeter | None = None
        self.ready = False
        self.ready_since = 0.0
        self.problem = ""

    @property
    def end(self) -> End | None:
        """None as long as it is meant to live."""
        return self._over.result() if self._over.done() else None

    @property
    def start_seconds(self) -> float:
        return self.ready_since - self._began if self.ready_since else 0.0

    def leave(self, end: End) -> None:
        """Get no more requests, finish those in hand, then stop; a second call changes nothing."""
        if not self._over.done():
            self._over.set_result(end)
            self.ready = False
            self._moved(self)

    def died(self) -> None:
        """Its container has ended; a second call changes nothing."""
        if not self._dead.is_set():
            self._dead.set()
            self.ready = False
            self._dying = asyncio.create_task(self._die())

    async def _die(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._silent.wait(), _LAST_LINES_SECONDS)
        try:
            reason = await asyncio.to_thread(self._engine.ending, self.container)
        except (DockerException, OSError) as error:
            reason = f"it is gone: {error}"
        self.leave(End(reason))

    def abandon(self) -> None:
        """Be removed at once."""
        self._hasty = True
        self.leave(End(asked=True))
        if self._finishing:
            self._finishing.cancel()

    async def run(self) -> None:
        """Until nothing of it is left."""
        starting = asyncio.create_task(asyncio.to_thread(self._start))
        life = asyncio.create_task(self._live(starting))
        await self._over
        self._finishing = asyncio.create_task(self._finish())
        await asyncio.wait([self._finishing])
        life.cancel()
        self.target.close()
        with contextlib.suppress(_ImageError, DockerException, OSError):
            await asyncio.to_thread(self._engine.remove, await starting)
        self._dead.set()

    def _start(self) -> str:
        container = self._revision.container
        try:
            if not self._engine.has_image(container.image):
                self._engine.pull(container.image, container.login)
        except APIError as error:
            raise _ImageError(f"image {container.image} cannot be had: {error.explanation}") from error
        return self._engine.start(self._spec)

    async def _live(self, starting: asyncio.Task[str]) -> None:
        try:
            self.container = await asyncio.shield(starting)
            threading.Thread(target=self._follow, name=f"logs-{self.name}", daemon=True).start()
            ending, host, self.meter = await asyncio.to_thread(self._look)
            if ending or not host:
                self.died()
            else:
                await self._serve(host)
        except _ImageError as error:
            self.leave(End(str(error), final=True))
        except APIError as error:
            self.leave(End(f"it cannot be started: {error.explanation}", final=error.is_client_error()))
        except Exception as error:
            log.exception("instance %s", self.name)
            self.leave(End(f"it cannot be run: {error}"))

    def _look(self) -> tuple[str, str, ContainerMeter | None]:
        engine, container = self._engine, self.container
        return engine.ending(container), engine.address(container), engine.meter(container)

    def _follow(self) -> None:
        with contextlib.suppress(DockerException, OSError):
            for line in self._engine.lines(self.container):
                self._put(line)
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._silent.set)

    async def _serve(self, host: str) -> None:
        port = self._revision.container.port
        self.target = Target((host, port))
        startup = self._revision.startup or Probe("", port, 0, _PORT_PERIOD, 1.0, _PORT_FAILURES)
        if problem := await probes.started(host, startup):
            self.leave(End(f"startup probe: {problem}", final=True))
            return
        async with asyncio.TaskGroup() as group:
            if self._revision.liveness:
                group.create_task(self._watch_liveness(host, self._revision.liveness))
            if self._revision.readiness:
                group.create_task(self._watch_readiness(host, self._revision.readiness))
            else:
                self._set_ready("")

    async def _watch_liveness(self, host: str, probe: Probe) -> None:
        async for problem in probes.verdicts(host, probe):
            if problem:
                self.leave(End(f"liveness probe: {problem}"))

    async def _watch_readiness(self, host: str, probe: Probe) -> None:
        async for problem in probes.verdicts(host, probe, eager=True):
            self._set_ready(problem and f"readiness probe: {problem}")

    def _set_ready(self, problem: str) -> None:
        if self._dead.is_set() or self.end or (self.ready, self.problem) == (not problem, problem):
            return
        self.ready, self.problem = not problem, problem
        if self.ready:
            self.ready_since = self.ready_since or time.monotonic()
        self._moved(self)

    async def _finish(self) -> None:
        """Requests in hand first, where the cloud waits for them, then SIGTERM and time to end."""
        with contextlib.suppress(TimeoutError):
            if self.end and self.end.asked and not self._hasty:
                await asyncio.wait_for(self.target.quiet.wait(), self._revision.finish_patience)
        if self._hasty or not self.container or self._dead.is_set():
            return
        with contextlib.suppress(TimeoutError, DockerException, OSError):
            await asyncio.to_thread(self._engine.signal, self.container, "SIGTERM")
            await asyncio.wait_for(self._dead.wait(), self._revision.stop_patience)
