"""Gives each request of a revision to an instance that has room for it, or lets it wait for one."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from ..proxy import Plain
from ..targets import Target
from .scaling import Occupancy

_NOBODY = Plain(503, b"no healthy upstream", (("content-type", "text/plain"),))


class Dispatcher:
    """A proxy's pool. Everything here runs in the runner's event loop.

    ``targets`` are the instances that are ready, ``limit`` the most requests that one may have in hand.
    Without room a request waits for ``patience`` seconds; then it gets ``full``, or a 503 if nobody is ready.
    ``arrived`` is called when a request has to wait.
    """

    def __init__(
        self,
        targets: Callable[[], Sequence[Target]],
        limit: int | None,
        deadline: float,
        full: Callable[[], Plain],
        arrived: Callable[[], None],
    ) -> None:
        self.deadline: float | None = deadline
        self.patience = 10.0
        self.limit = limit
        self.load = Occupancy()
        self._targets, self._full, self._arrived = targets, full, arrived
        self._turn = 0
        self._waiting: deque[asyncio.Future[Target]] = deque()

    async def take(self) -> Target | Plain:
        self.load.change(+1)
        try:
            target = self._free() or await self._wait()
        except asyncio.CancelledError:
            self.load.change(-1)
            raise
        if target:
            return target
        self.load.change(-1)
        return self._full() if self._targets() else _NOBODY

    def release(self, target: Target) -> None:
        target.end()
        self.load.change(-1)
        self.serve()

    def serve(self) -> None:
        """Hand out what is free, first come, first served."""
        while self._waiting and (target := self._free()):
            self._waiting.popleft().set_result(target)

    async def emptied(self, seconds: float) -> None:
        """Return when nobody waits any more, or after so long."""
        if self._waiting:
            await asyncio.wait(self._waiting, timeout=seconds)

    def _free(self) -> Target | None:
        """The ready instance with the fewest requests in hand, in turn among equals; one is begun."""
        targets = self._targets()
        self._turn += 1
        best: Target | None = None
        for index in range(len(targets)):
            target = targets[(index + self._turn) % len(targets)]
            if (self.limit is None or target.in_flight < self.limit) and (
                best is None or target.in_flight < best.in_flight
            ):
                best = target
        if best:
            best.begin()
        return best

    async def _wait(self) -> Target | None:
        place: asyncio.Future[Target] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        self._arrived()
        try:
            await asyncio.wait([place], timeout=self.patience)
        except asyncio.CancelledError:
            if place.done():  # given in the same moment
                place.result().end()
                self.serve()
            raise
        finally:
            if not place.done():
                place.cancel()
                self._waiting.remove(place)
        return None if place.cancelled() else place.result()
