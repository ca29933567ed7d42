"""Measures a revision's instances and says how many there should be."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence

from .instance import Instance
from .model import Revision
from .scaling import PERIODS, Occupancy, Reading, decide


class Autoscaler:
    """``look`` is to be called once a ``period`` (seconds)."""

    def __init__(self, load: Occupancy, minute: float) -> None:
        self.period = minute / PERIODS
        self._load = load
        self._readings: deque[Reading] = deque(maxlen=PERIODS)
        self._used: dict[str, float] = {}
        self._looked = time.monotonic()

    def look(self, revision: Revision, current: int, ready: Sequence[Instance]) -> int:
        """How many instances there should be after ``current``; ``ready`` are those that are measured."""
        cores = self._cores(ready) if revision.scale.cpu else 0.0
        self._readings.append(Reading(self._load.mean(), cores))
        return decide(list(self._readings), revision.scale, revision.container.cpus, current)

    def _cores(self, ready: Sequence[Instance]) -> float:
        """In use by all of them since the last look."""
        now = time.monotonic()
        used = {instance.name: instance.meter.cpu_seconds() for instance in ready if instance.meter}
        seconds = sum(now_used - self._used[name] for name, now_used in used.items() if name in self._used)
        span, self._used, self._looked = now - self._looked, used, now
        return seconds / span
