"""The instances of one revision: as many as are wanted, replaced when they end, and what that says of it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace

from ..backoff import backoff
from ..proxy import Plain
from ..targets import Target
from .autoscaler import Autoscaler
from .dispatcher import Dispatcher
from .instance import End, Instance
from .model import Phase, Revision, Scale, Status
from .scaling import room

log = logging.getLogger("runner")
_FAILED_AFTER = 3  # ends in a row before the revision was ever ready
_PROVEN_SECONDS = 10.0  # an instance that was ready for so long has not failed at its start
_WAIT_SECONDS, _WAIT_STARTS = 10.0, 3.5  # for room, whichever is longer: as Cloud Run lets requests wait

Make = Callable[[Revision, Callable[[Instance], None]], Instance]


class Fleet:
    """Everything here runs in the runner's event loop, but ``status``.

    ``make`` makes an instance that tells the given function when it has moved; ``tail`` gives the last
    lines that an instance wrote; ``changed`` is called when the phase may have changed.
    """

    def __init__(
        self,
        revision: Revision,
        make: Make,
        tail: Callable[[Instance], str],
        full: Callable[[], Plain],
        *,
        changed: Callable[[], None],
        minute: float,
    ) -> None:
        self.revision = revision
        self._make, self._tail, self._changed = make, tail, changed
        self._phase, self._problem = Phase.STARTING, ""
        self._wanted = max(1, revision.scale.minimum)
        self._instances: dict[Instance, asyncio.Task[None]] = {}
        self._failures, self._not_before = 0, 0.0
        self.dispatcher = Dispatcher(
            self._targets, revision.scale.hard_limit, revision.request_timeout, full, self._wake
        )
        self._autoscaler = Autoscaler(self.dispatcher.load, minute)
        self._scaling = asyncio.create_task(self._scale_for_ever())
        self._adjust()

    def status(self) -> Status:
        """From any thread."""
        instances = [instance for instance in list(self._instances) if not instance.end]
        ready = sum(instance.ready for instance in instances)
        reason = next((instance.problem for instance in instances if instance.problem), self._problem)
        if self._phase is Phase.READY:
            missing = f"{ready} of {self._wanted} instances are ready. {reason}"
            reason = missing if ready < self._wanted else ""
        return Status(self._phase, reason.strip(), ready)

    def scale(self, scale: Scale) -> None:
        """Other bounds and rules for the same version."""
        self.revision = replace(self.revision, scale=scale)
        self.dispatcher.limit = scale.hard_limit
        self._want(self._wanted)

    async def stop(self) -> None:
        """Let requests that wait be served and those in hand finish; return when nothing is left."""
        self._scaling.cancel()
        await self.dispatcher.emptied(self.revision.stop_patience)
        self._let_go()
        await asyncio.gather(*self._instances.values())

    async def abandon(self) -> None:
        """Remove everything at once."""
        self._scaling.cancel()
        self._let_go()
        for instance in self._instances:
            instance.abandon()
        await asyncio.gather(*self._instances.values())

    def died(self, container: str) -> None:
        """A container has ended, perhaps of one of these."""
        for instance in self._instances:
            if instance.container == container:
                instance.died()

    @property
    def containers(self) -> list[str]:
        return [instance.container for instance in list(self._instances) if instance.container]

    def _active(self) -> list[Instance]:
        return [instance for instance in self._instances if not instance.end]

    def _targets(self) -> list[Target]:
        return [instance.target for instance in self._instances if instance.ready]

    # As many as are wanted

    def _wake(self) -> None:
        """A request has to wait: there is not enough room, or none at all."""
        self._want(max(self._wanted, room(self.dispatcher.load.now, self.revision.scale)))

    def _want(self, count: int) -> None:
        scale = self.revision.scale
        self._wanted = min(max(count, scale.minimum), scale.maximum)
        self._adjust()

    def _adjust(self) -> None:
        active = self._active()
        if self._phase in (Phase.STARTING, Phase.READY) and time.monotonic() >= self._not_before:
            for _ in range(self._wanted - len(active)):
                self._start()
        leaving = sorted(active, key=lambda instance: (instance.ready, instance.target.in_flight))
        for instance in leaving[: max(0, len(active) - self._wanted)]:
            instance.leave(End(asked=True))

    def _start(self) -> None:
        instance = self._make(self.revision, self._moved)
        task = self._instances[instance] = asyncio.create_task(instance.run())
        task.add_done_callback(lambda _: self._instances.pop(instance))

    def _let_go(self) -> None:
        self._wanted, self._phase = 0, Phase.GONE
        for instance in self._active():
            instance.leave(End(asked=True))

    async def _scale_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._autoscaler.period)
            if self._phase is not Phase.READY:
                continue
            ready = [instance for instance in self._instances if instance.ready]
            try:
                self._want(self._autoscaler.look(self.revision, self._wanted, ready))
            except Exception:
                log.exception("scaling of %s", self.revision.name)

    # What becomes of them

    def _moved(self, instance: Instance) -> None:
        if instance.end:
            self._ended(instance, instance.end)
        elif instance.ready:
            self.dispatcher.patience = max(_WAIT_SECONDS, _WAIT_STARTS * instance.start_seconds)
            self.dispatcher.serve()
            if len(self._targets()) >= self._wanted:
                self._problem = ""
                if self._phase is Phase.STARTING:
                    self._phase = Phase.READY
        self._changed()

    def _ended(self, instance: Instance, end: End) -> None:
        if end.asked or self._phase in (Phase.GONE, Phase.FAILED):
            return
        self._problem = f"{instance.name}: {end.reason}{self._tail(instance)}"
        proven = instance.ready_since and time.monotonic() - instance.ready_since >= _PROVEN_SECONDS
        self._failures = 1 if proven else self._failures + 1
        if self._phase is Phase.STARTING and (end.final or self._failures >= _FAILED_AFTER):
            self._fail()
            return
        wait = backoff(self._failures)
        self._not_before = time.monotonic() + wait
        asyncio.get_running_loop().call_later(wait, self._adjust)

    def _fail(self) -> None:
        self._phase, self._wanted = Phase.FAILED, 0
        for instance in self._active():
            instance.leave(End(asked=True))
