"""What the instances of a service wrote, bounded in memory."""

from __future__ import annotations

import time
from collections import deque

from .model import LogEntry

_KEPT = 5000


class Logs:
    """Of one service; from any thread."""

    def __init__(self) -> None:
        self._entries: deque[LogEntry] = deque(maxlen=_KEPT)

    def add(self, revision: str, instance: str, line: str) -> None:
        self._entries.append(LogEntry(time.time(), revision, instance, line))

    def entries(self) -> list[LogEntry]:
        return list(self._entries.copy())

    def tail(self, instance: str, count: int) -> list[str]:
        """The last lines of an instance."""
        return [entry.line for entry in self.entries() if entry.instance == instance][-count:]
