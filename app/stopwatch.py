"""How long a request waits for others."""

from __future__ import annotations

import time
from types import TracebackType


class Stopwatch:
    """Adds up the time spent in its ``with`` blocks, which do not overlap."""

    def __init__(self) -> None:
        self._total = 0.0
        self._since: float | None = None

    @property
    def seconds(self) -> float:
        """So far, a block that still runs included."""
        return self._total + (0.0 if self._since is None else time.perf_counter() - self._since)

    def __enter__(self) -> None:
        self._since = time.perf_counter()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._total, self._since = self.seconds, None
