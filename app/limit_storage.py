"""The in-memory store of the rate limiter: bounded, and constant in cost whatever the number of clients.

``limits`` brings a MemoryStorage, but it walks through every known client on every request (0.4 ms
with 5000 of them) and grows with the number of clients; see app/README.md.
"""

from __future__ import annotations

import time
from array import array
from bisect import bisect_right
from collections import OrderedDict
from typing import Any, NoReturn

from limits.aio.storage import MovingWindowSupport, Storage


class BoundedMemory(Storage, MovingWindowSupport):
    """Moving windows of at most ``max_keys`` clients; beyond, the longest idle is forgotten."""

    STORAGE_SCHEME = None

    def __init__(self, max_keys: int = 50_000) -> None:
        super().__init__()
        self._max_keys = max_keys
        self._hits: OrderedDict[str, array[float]] = OrderedDict()  # by time of the last hit

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Record ``amount`` hits unless more than ``limit`` would fall into the last ``expiry`` seconds."""
        now = time.time()
        self._forget_before(now - expiry)
        hits = self._hits.get(key) or array("d")
        del hits[: bisect_right(hits, now - expiry)]
        if len(hits) + amount > limit:
            return False
        hits.extend([now] * amount)
        self._hits[key] = hits
        self._hits.move_to_end(key)
        if len(self._hits) > self._max_keys:
            self._hits.popitem(last=False)
        return True

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """Unix time of the oldest hit in the window (now, if none), and the number of hits."""
        now = time.time()
        hits = self._hits.get(key) or array("d")
        first = bisect_right(hits, now - expiry)
        return (hits[first] if first < len(hits) else now), len(hits) - first

    def __len__(self) -> int:
        return len(self._hits)

    def _forget_before(self, oldest: float) -> None:
        while self._hits and next(iter(self._hits.values()))[-1] <= oldest:
            self._hits.popitem(last=False)

    @property
    def base_exceptions(self) -> type[Exception]:
        return LookupError

    async def check(self) -> bool:
        return True

    async def reset(self) -> int:
        count = len(self._hits)
        self._hits.clear()
        return count

    async def clear(self, key: str) -> None:
        self._hits.pop(key, None)

    async def _no_counters(self, *_: Any, **__: Any) -> NoReturn:
        raise NotImplementedError("moving windows only")

    incr = get = get_expiry = _no_counters
