"""Target tracking that acts: measured CPU in, desired count out.

An AWS minute, the period of its alarms, passes in a few seconds here (``minute``), and so do cooldowns:
three periods above the target scale out, fifteen below nine tenths of it scale in.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from .. import ministack
from ..ecs.run import Run
from ..ecs.scheduler import Scheduler
from .store import CPU, Key, Store, Target

log = logging.getLogger("scaling")
_OUT_PERIODS, _IN_PERIODS, _IN_SHARE = 3, 15, 0.9
_DEFAULT_COOLDOWN = 300


@dataclass
class _Memory:
    """What the loop remembers of a target: CPU seconds at the last look, readings, and when it may act."""

    used: dict[str, float] = field(default_factory=dict)
    looked: float = 0.0
    readings: deque[float] = field(default_factory=lambda: deque(maxlen=_IN_PERIODS))
    quiet_until: float = 0.0


def decide(readings: list[float], goal: float, desired: int, target: Target) -> int:
    """The desired count that these readings (percent, oldest first) ask for, within the target's bounds."""
    wanted = desired
    recent = readings[-_OUT_PERIODS:]
    if len(recent) == _OUT_PERIODS and min(recent) > goal:
        wanted = max(desired + 1, math.ceil(desired * sum(recent) / len(recent) / goal))
    elif len(readings) == _IN_PERIODS and max(readings) < goal * _IN_SHARE:
        wanted = min(desired, max(1, math.ceil(desired * max(readings) / goal)))
    return min(max(wanted, target.minimum), target.maximum)


class ScalingLoop:
    """One thread, asleep but for a moment a period."""

    def __init__(self, store: Store, scheduler: Scheduler, minute: float) -> None:
        self._store = store
        self._scheduler = scheduler
        self._minute = minute
        self._ecs = ministack.service("ecs")
        self._memory: dict[Key, _Memory] = {}
        threading.Thread(target=self._run, name="scaling", daemon=True).start()

    def _run(self) -> None:
        while True:
            time.sleep(self._minute)
            targets = self._store.targets()
            self._memory = {t.key: self._memory.get(t.key, _Memory()) for t in targets}
            for target in targets:
                try:
                    with self._ecs.request_scope(target.key.account, target.key.region):
                        self._look(target)
                except Exception:
                    log.exception("scaling %s", target.key.resource)

    def _look(self, target: Target) -> None:
        key = (target.key.account, target.key.region, target.key.resource.removeprefix("service/"))
        service = self._ecs._services.get(key[2])
        if not service or service["status"] != "ACTIVE":
            return
        memory = self._memory[target.key]
        reading = _reading(memory, self._scheduler.runs_of(key))
        if reading is not None:
            memory.readings.append(reading)
        desired = int(service["desiredCount"])
        # Until the last step has settled there is nothing to learn from the readings.
        if time.monotonic() < memory.quiet_until and target.minimum <= desired <= target.maximum:
            return
        policy = _cpu_policy(target)
        goal = float(policy["TargetValue"]) if policy else math.inf
        wanted = decide(list(memory.readings) if policy else [], goal, desired, target)
        if policy and policy.get("DisableScaleIn") and wanted < desired:
            wanted = max(wanted, min(desired, target.maximum))
        if wanted != desired:
            self._scale(target, memory, policy or {}, desired, wanted)

    def _scale(
        self, target: Target, memory: _Memory, policy: dict[str, Any], desired: int, wanted: int
    ) -> None:
        _, cluster, name = target.key.resource.split("/")
        self._ecs._update_service({"cluster": cluster, "service": name, "desiredCount": wanted})
        readings = ", ".join(f"{reading:.0f} %" for reading in list(memory.readings)[-_OUT_PERIODS:])
        target.record(
            f"Setting desired count to {wanted}.",
            f"CPU {readings} against {policy.get('TargetValue')} %, bounds {target.minimum} to "
            f"{target.maximum}: from {desired} to {wanted}",
        )
        name = "ScaleOutCooldown" if wanted > desired else "ScaleInCooldown"
        cooldown = float(policy.get(name, _DEFAULT_COOLDOWN)) * self._minute / 60
        memory.quiet_until = time.monotonic() + cooldown
        memory.readings.clear()


def _reading(memory: _Memory, runs: list[Run]) -> float | None:
    """Percent of the tasks' CPU units in use since the last look, None when there is no such span."""
    now = time.monotonic()
    used = {run.arn: run.meter.cpu_seconds() for run in runs if run.meter and not run.leaving}
    units = {run.arn: int(run.definition.get("cpu") or 1024) / 1024 for run in runs}
    span, before = now - memory.looked, memory.used
    memory.used, memory.looked = used, now
    shares = [(seconds - before[arn]) / units[arn] / span for arn, seconds in used.items() if arn in before]
    return 100 * sum(shares) / len(shares) if shares else None


def _cpu_policy(target: Target) -> dict[str, Any] | None:
    for policy in list(target.policies.values()):
        configuration: dict[str, Any] = policy["TargetTrackingScalingPolicyConfiguration"]
        metric = configuration.get("PredefinedMetricSpecification") or {}
        if metric.get("PredefinedMetricType") == CPU:
            return configuration
    return None
