"""What the limiter remembers of a client, in the memory of this process: bounded, and of constant cost.

Requests are kept as a moving window, which admits exactly the limit in any minute. Tokens are known
only after the answer, so their budget is a debt that is paid off at the budget's rate: as long as
less than a minute of it is owed there is something left, and an answer that costs more than was left
is paid back before the next one. On average the budget holds however large one answer is.
"""

from __future__ import annotations

import time
from array import array
from bisect import bisect_right
from collections import OrderedDict
from typing import NamedTuple, Protocol, TypeVar

WINDOW_SECONDS = 60.0

V = TypeVar("V")


class Limits(NamedTuple):
    """What one client may do in a minute; with ``tokens`` 0 there is no budget."""

    requests: int
    tokens: int = 0


class Verdict(NamedTuple):
    """Whether a request is admitted, and the client's account with it."""

    admitted: bool
    requests: int  # in the window, this one included where it is admitted
    wait: float  # seconds until the next request of the window is free again
    debt: float  # seconds until all tokens are paid off; a minute and more is an empty budget


class LimitStore(Protocol):
    async def admit(self, client: str, limits: Limits) -> Verdict:
        """Count a request unless it is over a limit."""

    async def charge(self, client: str, seconds: float) -> None:
        """Add what an answer cost to the client's debt, as seconds of its budget."""

    async def close(self) -> None:
        """Give back what the store holds."""


class BoundedMemory:
    """At most ``max_clients`` are remembered; beyond, the longest idle is forgotten."""

    def __init__(self, max_clients: int = 50_000) -> None:
        self._max_clients = max_clients
        self._hits: OrderedDict[str, array[float]] = OrderedDict()  # by time of the last hit
        self._paid_off: OrderedDict[str, float] = OrderedDict()  # by time of the last charge

    async def admit(self, client: str, limits: Limits) -> Verdict:
        now = time.time()
        self._forget_before(now - WINDOW_SECONDS)
        hits = self._hits.get(client) or array("d")
        del hits[: bisect_right(hits, now - WINDOW_SECONDS)]
        debt = max(0.0, self._paid_off.get(client, now) - now)
        admitted = len(hits) < limits.requests and not (limits.tokens and debt >= WINDOW_SECONDS)
        if admitted:
            hits.append(now)
            _remember(self._hits, client, hits, self._max_clients)
        next_free = max(0, len(hits) - limits.requests)
        wait = hits[next_free] + WINDOW_SECONDS - now if hits else 0.0
        return Verdict(admitted, len(hits), wait, debt)

    async def charge(self, client: str, seconds: float) -> None:
        now = time.time()
        paid_off = max(now, self._paid_off.get(client, now)) + seconds
        _remember(self._paid_off, client, paid_off, self._max_clients)

    async def close(self) -> None:
        """Nothing to close."""

    def __len__(self) -> int:
        return len(self._hits)

    def _forget_before(self, oldest: float) -> None:
        while self._hits and next(iter(self._hits.values()))[-1] <= oldest:
            self._hits.popitem(last=False)


def _remember(memory: OrderedDict[str, V], client: str, value: V, size: int) -> None:
    memory[client] = value
    memory.move_to_end(client)
    if len(memory) > size:
        memory.popitem(last=False)
