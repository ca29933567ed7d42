"""A result that is kept for a while and computed once however many ask."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar, cast

T = TypeVar("T")


class Recent(Generic[T]):
    """Caches the outcome of ``compute``, an exception as well as a value.

    Concurrent callers share one computation. ``keep`` and ``keep_failure`` are seconds; the clock
    starts when the computation ends.
    """

    def __init__(self, compute: Callable[[], Awaitable[T]], *, keep: float, keep_failure: float) -> None:
        self._compute = compute
        self._keep = keep
        self._keep_failure = keep_failure
        self._lock = asyncio.Lock()
        self._value: T | None = None
        self._failure: Exception | None = None
        self._fresh_until = -1.0

    async def get(self) -> T:
        """The value, or raises what ``compute`` raised."""
        async with self._lock:
            if time.monotonic() >= self._fresh_until:
                try:
                    self._value, self._failure = await self._compute(), None
                except Exception as failure:
                    self.fail(failure)
                else:
                    self._fresh_until = time.monotonic() + self._keep
        if self._failure is not None:
            raise self._failure.with_traceback(None)
        return cast(T, self._value)

    def known(self) -> T | None:
        """The last value, if there is one, whatever its age; computes nothing."""
        return self._value

    def fail(self, failure: Exception) -> None:
        """Replace what is known by a failure learnt elsewhere."""
        self._failure = failure
        self._fresh_until = time.monotonic() + self._keep_failure
