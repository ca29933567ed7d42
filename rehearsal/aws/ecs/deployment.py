"""What a service should do next, decided from what is: pure, and the heart of every roll-out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Task:
    """``current`` belongs to the primary deployment; ``stopping`` has been told to leave."""

    arn: str
    current: bool
    healthy: bool
    stopping: bool
    created: str


@dataclass(frozen=True)
class Limits:
    """Bounds on the number of tasks while a deployment rolls."""

    desired: int
    minimum_percent: int = 100
    maximum_percent: int = 200

    @property
    def least_healthy(self) -> int:
        return math.ceil(self.desired * self.minimum_percent / 100)

    @property
    def most(self) -> int:
        return max(1, self.desired * self.maximum_percent // 100)


@dataclass(frozen=True)
class Plan:
    """``steady``: the primary deployment is all there is, and it is healthy."""

    start: int
    stop: tuple[str, ...]
    steady: bool


def plan(limits: Limits, tasks: Sequence[Task], *, may_start: bool = True) -> Plan:
    """Start and stop as many tasks as the limits allow now; called again after every change."""
    active = [task for task in tasks if not task.stopping]
    current = sorted((task for task in active if task.current), key=_worst_first)
    former = sorted((task for task in active if not task.current), key=_worst_first)

    missing = max(0, limits.desired - len(current))
    room = max(0, limits.most - len(active))
    start = min(missing, room) if may_start else 0

    # Former tasks leave as healthy ones take their place; one that is not healthy is no loss.
    spare = sum(task.healthy for task in active) - limits.least_healthy
    stop = []
    for task in former:
        if not task.healthy:
            stop.append(task.arn)
        elif spare > 0:
            stop.append(task.arn)
            spare -= 1
    surplus = len(current) - limits.desired
    stop += [task.arn for task in current[: max(0, surplus)]]

    steady = (
        not stop and len(tasks) == len(current) == limits.desired and all(task.healthy for task in current)
    )
    return Plan(start, tuple(stop), steady)


def _worst_first(task: Task) -> tuple[bool, str]:
    return task.healthy, task.created


def breaker_threshold(configuration: dict[str, Any], desired: int) -> int | None:
    """How many failed tasks end a deployment, None when the circuit breaker is off."""
    breaker = configuration.get("deploymentCircuitBreaker") or {}
    if not breaker.get("enable"):
        return None
    custom = breaker.get("thresholdConfiguration") or {}
    value = int(custom.get("value", 50))
    kind = custom.get("type", "BOUNDED_PERCENT")
    if kind == "COUNT":
        return max(1, value)
    count = math.ceil(desired * value / 100)
    return max(1, count) if kind == "UNBOUNDED_PERCENT" else min(200, max(3, count))
