"""The service scheduler: brings each service from what is to what its record says."""

from __future__ import annotations

import logging
import queue
import threading
import time
from typing import Any

from ...core.containers import Engine
from ...core.targets import HEALTHY, UNHEALTHY
from .. import ministack
from ..balancers import Balancers
from ..config import Config
from . import rollout
from .deployment import Limits, Task, plan
from .run import Key, Record, Run
from .tasks import SCHEDULER, Tasks

log = logging.getLogger("ecs")


class Scheduler:
    """One thread; every change of a task, a target or a record wakes it for the service concerned."""

    def __init__(self, config: Config, engine: Engine, balancers: Balancers) -> None:
        self._ecs: Any = ministack.service("ecs")
        self._wakes: queue.SimpleQueue[tuple[Key, Run | None]] = queue.SimpleQueue()
        self._later: dict[Key, float] = {}
        self.tasks = Tasks(config, engine, balancers, self._task_changed)
        balancers.changed = self._target_changed
        threading.Thread(target=self._work, name="scheduler", daemon=True).start()

    def wake(self, key: Key, failed: Run | None = None) -> None:
        """Look at the service again; ``failed`` is a task of it that ended without having been asked to."""
        self._wakes.put((key, failed))

    def stop(self, record: Record, reason: str, code: str) -> None:
        """Stop a task by its record."""
        run = self.tasks.runs.get(record["taskArn"])
        if run:
            self.tasks.stop(run, reason, code)

    def runs_of(self, key: Key) -> list[Run]:
        return [run for run in list(self.tasks.runs.values()) if run.service == key]

    def _task_changed(self, run: Run, failure: str) -> None:
        if run.service:
            self.wake(run.service, run if failure else None)

    def _target_changed(self) -> None:
        for key in {run.service for run in list(self.tasks.runs.values()) if run.service}:
            self.wake(key)

    # The thread

    def _work(self) -> None:
        while True:
            for key in self._due():
                self._later.pop(key, None)
                try:
                    with self._ecs.request_scope(*key[:2]):
                        self._reconcile(key)
                except Exception:
                    log.exception("service %s", key[2])

    def _due(self) -> set[Key]:
        """Wait for wakes and for what was put off; failures are counted on the way."""
        next_due = min(self._later.values(), default=None)
        timeout = None if next_due is None else max(0.0, next_due - time.monotonic())
        keys = set()
        try:
            key, failed = self._wakes.get(timeout=timeout)
            while True:
                keys.add(key)
                if failed:
                    self._count_failure(key, failed)
                key, failed = self._wakes.get_nowait()
        except queue.Empty:
            now = time.monotonic()
            return keys | {key for key, due in self._later.items() if due <= now}

    def _reconcile(self, key: Key) -> None:
        service = self._ecs._services.get(key[2])
        runs = self.runs_of(key)
        if service is None or service["status"] != "ACTIVE":
            for run in runs:
                self.tasks.stop(run, "Service deleted", SCHEDULER)
            return
        self._replace_unhealthy(key, service, runs)
        deployment = rollout.primary(service)
        limits = _limits(service, failed=deployment["rolloutState"] == "FAILED")
        tasks = [_view(run, deployment["id"]) for run in runs]
        tasks += self._not_yet_running(key, deployment["id"], {run.arn for run in runs})
        step = plan(limits, tasks, may_start=self._may_start(key, service))
        for run in runs:
            if run.arn in step.stop:
                self.tasks.stop(run, f"Scaling activity initiated by {deployment['id']}", SCHEDULER)
        if step.start:
            self._start(key, service, deployment, step.start)
        if step.steady and deployment["rolloutState"] == "IN_PROGRESS":
            rollout.complete(service, self._ecs._iso())
        self._ecs._refresh_service_state(key[2].partition("/")[0], f"service:{service['serviceName']}")

    def _may_start(self, key: Key, service: Record) -> bool:
        due = service.get("_start_after", 0.0)
        if due <= time.monotonic():
            return True
        self._again(key, due)
        return False

    def _start(self, key: Key, service: Record, deployment: Record, count: int) -> None:
        inherited = ("launchType", "capacityProviderStrategy", "platformVersion", "networkConfiguration")
        self._ecs._run_task(
            {name: service[name] for name in inherited if service.get(name)}
            | {
                "cluster": key[2].partition("/")[0],
                "taskDefinition": deployment["taskDefinition"],
                "count": count,
                "group": f"service:{service['serviceName']}",
                "startedBy": deployment["id"],
                "_deploymentId": deployment["id"],
            }
        )

    def _not_yet_running(self, key: Key, deployment_id: str, known: set[str]) -> list[Task]:
        """Tasks whose thread has not come round to registering its run."""
        group = f"service:{key[2].partition('/')[2]}"
        return [
            Task(arn, record.get("_deployment_id") == deployment_id, False, False, record["createdAt"])
            for arn, record in list(self._ecs._tasks.items())
            if record.get("group") == group and record["lastStatus"] == "PROVISIONING" and arn not in known
        ]

    # Failures

    def _replace_unhealthy(self, key: Key, service: Record, runs: list[Run]) -> None:
        grace = float(service.get("healthCheckGracePeriodSeconds") or 0)
        for run in runs:
            if run.leaving or run.health != UNHEALTHY:
                continue
            due = run.running_since + grace
            if time.monotonic() < due:
                self._again(key, due)
                continue
            reason = f"Task failed ELB health checks in (target-group {run.targets[0][0]})"
            self.tasks.stop(run, reason, SCHEDULER)
            self._count_failure(key, run)

    def _count_failure(self, key: Key, run: Run) -> None:
        service = self._ecs._services.get_scoped(*key)
        if service and service["status"] == "ACTIVE":
            rollout.count_failure(service, run.record.get("_deployment_id", ""), self._ecs._iso())

    def _again(self, key: Key, due: float) -> None:
        self._later[key] = min(due, self._later.get(key, due))


def _view(run: Run, deployment_id: str) -> Task:
    return Task(
        arn=run.arn,
        current=run.record.get("_deployment_id") == deployment_id,
        healthy=run.health == HEALTHY,
        stopping=run.leaving,
        created=str(run.record["createdAt"]),
    )


def _limits(service: Record, *, failed: bool) -> Limits:
    """A failed deployment wants nothing."""
    configuration = service.get("deploymentConfiguration") or {}
    return Limits(
        0 if failed else int(service["desiredCount"]),
        int(configuration.get("minimumHealthyPercent", 100)),
        int(configuration.get("maximumPercent", 200)),
    )
