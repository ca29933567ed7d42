"""How many instances a revision should have, decided from what was measured."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from .model import Scale

PERIODS = 6  # readings in a minute, which is the window that must be calm before instances go
_SHARE_OF_LIMIT = 0.6  # what Cloud Run aims at when no target is given
_TOLERANCE = 0.1  # as in Kubernetes: this close to the target nothing changes


@dataclass(frozen=True)
class Reading:
    """Means over a period and all instances: ``requests`` in hand or waiting, ``cores`` in use."""

    requests: float
    cores: float


def decide(readings: list[Reading], scale: Scale, cpus: float, current: int) -> int:
    """How many instances these readings (oldest first) ask for; ``cpus`` is what one instance has.

    The last reading is enough to scale out. To scale in, a full minute of readings must agree.
    """
    wanted = current
    if readings and (out := _needed(readings[-1], scale, cpus, current)) > current:
        wanted = out
    elif len(readings) >= PERIODS:
        wanted = min(current, max(_needed(reading, scale, cpus, current) for reading in readings[-PERIODS:]))
    return min(max(wanted, scale.minimum), scale.maximum)


def room(requests: int, scale: Scale) -> int:
    """How many instances have room for so many requests (more than none) at once."""
    return math.ceil(requests / scale.hard_limit) if scale.hard_limit else 1


def _needed(reading: Reading, scale: Scale, cpus: float, current: int) -> int:
    target = scale.concurrency or (scale.hard_limit or 0) * _SHARE_OF_LIMIT
    ratios = [reading.requests / target] if target else []
    if scale.cpu:
        ratios.append(reading.cores / (cpus * scale.cpu))
    wanted = max((_rounded(ratio, current) for ratio in ratios), default=current)
    return max(wanted, 1) if reading.requests else wanted


def _rounded(ratio: float, current: int) -> int:
    return current if abs(ratio - current) <= _TOLERANCE * current else math.ceil(ratio)


class Occupancy:
    """The number of requests in hand or waiting, and its mean over time."""

    def __init__(self) -> None:
        self.now = 0
        self._area = 0.0
        self._began = self._changed = time.monotonic()

    def change(self, by: int) -> None:
        moment = time.monotonic()
        self._area += self.now * (moment - self._changed)
        self._changed = moment
        self.now += by

    def mean(self) -> float:
        """Since the last time that this was asked."""
        self.change(0)
        span = self._changed - self._began
        mean = self._area / span if span else float(self.now)
        self._area, self._began = 0.0, self._changed
        return mean
