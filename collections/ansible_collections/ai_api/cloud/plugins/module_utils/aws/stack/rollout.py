"""Whether an ECS service runs what its stack says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from .template import ROLLOUT_OUTPUT

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import DeploymentTypeDef, ServiceTypeDef, TaskTypeDef


class Verdict(Enum):
    SETTLED = "runs what it should"
    MOVING = "is rolling out"
    ELSEWHERE = "runs another task definition than the stack says"
    FAILED = "failed to roll out"


@dataclass(frozen=True)
class Rollout:
    """An ECS service of a stack, and the task definition that the stack gave it."""

    logical_id: str
    cluster: str
    service: str
    task_definition: str

    @classmethod
    def declared(cls, outputs: Mapping[str, str]) -> list[Rollout]:
        """Of all outputs of a stack, those that ``Template.body`` added."""
        return [
            cls(name.removeprefix(ROLLOUT_OUTPUT), *value.split("|", 2))
            for name, value in outputs.items()
            if name.startswith(ROLLOUT_OUTPUT)
        ]

    def judge(self, service: ServiceTypeDef) -> Verdict:
        primary = primary_of(service)
        if not primary or not _is_same(primary["taskDefinition"], self.task_definition):
            return Verdict.ELSEWHERE
        state = primary.get("rolloutState", "COMPLETED")  # other deployment controllers have none
        if state == "FAILED":
            return Verdict.FAILED
        complete = state == "COMPLETED" and service["runningCount"] >= service["desiredCount"]
        return Verdict.SETTLED if complete else Verdict.MOVING


def primary_of(service: ServiceTypeDef) -> DeploymentTypeDef | None:
    return next((each for each in service.get("deployments", []) if each.get("status") == "PRIMARY"), None)


def evidence(service: ServiceTypeDef, stopped: Iterable[TaskTypeDef]) -> str:
    """Why a roll-out went wrong: what ECS says about the deployment, its last events, how its tasks ended."""
    reasons = [
        each["rolloutStateReason"]
        for each in service.get("deployments", [])
        if each.get("rolloutState") == "FAILED" and each.get("rolloutStateReason")
    ]
    messages = [event["message"] for event in service.get("events", [])[:3]]
    endings = dict.fromkeys(ending for task in stopped for ending in _endings(task))
    return "; ".join(part.rstrip(".") for part in [*reasons[:1], *list(endings)[:3], *messages] if part)


def crashed(task: TaskTypeDef) -> bool:
    """Whether a stopped task ended by itself, and not because it was told to."""
    if task.get("stopCode") in {"ServiceSchedulerInitiated", "UserInitiated"}:
        return False
    return any(container.get("exitCode") != 0 for container in task.get("containers", []))


class Crashes:
    """Tasks seen to end by themselves while a roll-out is waited for."""

    LIMIT = 3  # no point in waiting on
    CALM = 5.0  # seconds: between two crashes, a task runs for a moment

    def __init__(self) -> None:
        self._before: set[str] | None = None  # an earlier try may have left some
        self._seen: set[str] = set()
        self._last: float | None = None

    def note(self, stopped: Iterable[TaskTypeDef], waited: float) -> None:
        """Of all tasks that have ``stopped`` by now, ``waited`` seconds into the wait."""
        found = {task["taskArn"] for task in stopped if crashed(task)}
        self._before = found if self._before is None else self._before
        if found - self._seen:
            self._last = waited
        self._seen |= found

    @property
    def are_too_many(self) -> bool:
        return len(self._seen - (self._before or set())) >= self.LIMIT

    def are_over(self, waited: float) -> bool:
        return self._last is None or waited - self._last >= self.CALM


def _endings(task: TaskTypeDef) -> list[str]:
    endings = []
    for container in task.get("containers", []):
        code = container.get("exitCode")
        how = f"exited with {code}" if code is not None else "did not start"
        why = container.get("reason") or task.get("stoppedReason") or ""
        endings.append(f"container {container.get('name')} {how}" + (f" ({why})" if why else ""))
    return endings or [task.get("stoppedReason", "")]


def _is_same(running: str, wanted: str) -> bool:
    """ARNs, or ``family:revision`` as a template may write it."""
    return running == wanted or running.rsplit("/", 1)[-1] == wanted.rsplit("/", 1)[-1]
