"""The log of calls that clients made, so that a test can say what a run did."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Call:
    """One API call as its vendor names it."""

    service: str
    action: str
    mutating: bool


class CallLog:
    """Counts of calls since the last clear, whether they were answered or refused."""

    def __init__(self) -> None:
        self._counts: Counter[Call] = Counter()
        self._lock = threading.Lock()

    def record(self, call: Call) -> None:
        with self._lock:
            self._counts[call] += 1

    def clear(self) -> None:
        with self._lock:
            self._counts.clear()

    def list(self) -> list[dict[str, Any]]:
        """``[{service, action, mutating, count}]`` sorted by name."""
        with self._lock:
            counts = dict(self._counts)
        return [
            {"service": call.service, "action": call.action, "mutating": call.mutating, "count": count}
            for call, count in sorted(counts.items(), key=lambda item: (item[0].service, item[0].action))
        ]
