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
from .deployment import Limits, Task, backoff, breaker_threshold, plan
from .tasks import SCHEDULER, Run, Tasks

Record = dict[str, Any]
Key = tuple[str, str, str]  # account, region, cluster/service
log = logging.getLogger("ecs")

ROLLBACK = "ECS deployment circuit breaker: rolling back to deploymentId"


class Scheduler:
    """One thread; every change of a task, a target or a record wakes it for the service concerned."""

    def __init__(self, config: Config, engine: Engine, balancers: Balancers) -> None:
        self._ecs = ministack.service("ecs")
        balancers.changed = self.wake_all
        self._wakes: queue.SimpleQueue[tuple[Key, Run | None]] = queue.SimpleQueue()
        self._later: dict[Key, float] = {}
        self.tasks = Tasks(config, engine, balancers, self._task_changed)
        threading.Thread(target=self._work, name="scheduler", daemon=True).start()

    def wake(self, key: Key, failed: Run | None = None) -> None:
        """Look at the service again; ``failed`` is a task of it that ended without having been asked to."""
        self._wakes.put((key, failed))

    def wake_all(self) -> None:
        """Something that may concern any service has changed."""
        for account_region_key, _ in self._ecs._services.all_items():
            self.wake(account_region_key)

    def stop(self, record: Record, reason: str, code: str) -> None:
        """Stop a task by its record."""
        run = self.tasks.runs.get(record["taskArn"])
        if run:
            self.tasks.stop(run, reason, code)

    def steady(self, key: Key) -> bool:
        """Whether the service's roll-out is over, well or not."""
        service = self._ecs._services.get_scoped(*key)
        return all(d["rolloutState"] != "IN_PROGRESS" for d in service["deployments"])

    def runs_of(self, key: Key) -> list[Run]:
        cluster, _, name = key[2].partition("/")
        return [
            run
            for run in list(self.tasks.runs.values())
            if (run.account, run.region) == key[:2]
            and run.record.get("group") == f"service:{name}"
            and run.record["clusterArn"].endswith(f"/{cluster}")
        ]

    # The thread

    def _work(self) -> None:
        while True:
            keys = self._due()
            for key in keys:
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
        primary = self._ecs._primary_deployment(service)
        failed = primary["rolloutState"] == "FAILED"
        limits = _limits(service, desired=0 if failed else int(service["desiredCount"]))
        tasks = [self._view(run, primary) for run in runs] + self._not_yet_running(key, runs, primary)
        due = service.get("_start_after", 0.0)
        step = plan(limits, tasks, may_start=time.monotonic() >= due)
        if due > time.monotonic():
            self._again(key, due)
        by_arn = {run.arn: run for run in runs}
        for arn in step.stop:
            if arn in by_arn:
                self.tasks.stop(by_arn[arn], "Scaling activity initiated by deployment", SCHEDULER)
        if step.start:
            self._start(key, service, primary, step.start)
        if step.steady and primary["rolloutState"] == "IN_PROGRESS":
            self._complete(service, primary)
        self._ecs._refresh_service_state(key[2].partition("/")[0], f"service:{service['serviceName']}")

    def _not_yet_running(self, key: Key, runs: list[Run], primary: Record) -> list[Task]:
        """Tasks whose thread has not come round to registering its run."""
        known = {run.arn for run in runs}
        name = key[2].partition("/")[2]
        return [
            Task(arn, record.get("_deployment_id") == primary["id"], False, False, record["createdAt"])
            for arn, record in list(self._ecs._tasks.items())
            if record.get("group") == f"service:{name}"
            and record["lastStatus"] == "PROVISIONING"
            and arn not in known
        ]

    def _view(self, run: Run, primary: Record) -> Task:
        return Task(
            arn=run.arn,
            current=run.record.get("_deployment_id") == primary["id"],
            healthy=self.tasks.health(run) == HEALTHY,
            stopping=run.leaving,
            created=str(run.record["createdAt"]),
        )

    def _start(self, key: Key, service: Record, primary: Record, count: int) -> None:
        self._ecs._run_task(
            {
                "cluster": key[2].partition("/")[0],
                "taskDefinition": primary["taskDefinition"],
                "count": count,
                "group": f"service:{service['serviceName']}",
                "startedBy": primary["id"],
                "launchType": service.get("launchType"),
                "capacityProviderStrategy": service.get("capacityProviderStrategy"),
                "platformVersion": service.get("platformVersion", ""),
                "networkConfiguration": service.get("networkConfiguration", {}),
                "_deploymentId": primary["id"],
            }
        )

    def _complete(self, service: Record, primary: Record) -> None:
        primary.update(
            rolloutState="COMPLETED", rolloutStateReason=f"ECS deployment {primary['id']} completed."
        )
        primary["updatedAt"] = self._ecs._iso()
        service["_last_completed"] = primary
        service["_failures"] = 0
        service["deployments"] = [primary]  # a failed deployment is shown until the roll-back is over
        self._event(service, "has reached a steady state.")

    # Failures

    def _replace_unhealthy(self, key: Key, service: Record, runs: list[Run]) -> None:
        grace = float(service.get("healthCheckGracePeriodSeconds") or 0)
        for run in runs:
            if run.leaving or self.tasks.health(run) != UNHEALTHY:
                continue
            due = run.running_since + grace
            if time.monotonic() < due:
                self._again(key, due)
                continue
            group = run.targets[0][0]
            self.tasks.stop(run, f"Task failed ELB health checks in (target-group {group})", SCHEDULER)
            self._count_failure(key, run)

    def _task_changed(self, run: Run, failure: str) -> None:
        if run.record["lastStatus"] == "RUNNING" and not run.running_since:
            run.running_since = time.monotonic()
        name = run.record.get("group", "").removeprefix("service:")
        if not name:
            return
        key = (run.account, run.region, f"{run.record['clusterArn'].rpartition('/')[2]}/{name}")
        self.wake(key, run if failure else None)

    def _count_failure(self, key: Key, run: Run) -> None:
        service = self._ecs._services.get_scoped(*key)
        if not service or service["status"] != "ACTIVE":
            return
        service["_failures"] = service.get("_failures", 0) + 1
        service["_start_after"] = time.monotonic() + backoff(service["_failures"])
        primary = self._ecs._primary_deployment(service)
        if primary["rolloutState"] != "IN_PROGRESS" or run.record.get("_deployment_id") != primary["id"]:
            return
        primary["failedTasks"] = int(primary.get("failedTasks", 0)) + 1
        threshold = breaker_threshold(
            service.get("deploymentConfiguration") or {}, int(service["desiredCount"])
        )
        if threshold is not None and primary["failedTasks"] >= threshold:
            self._trip(service, primary)

    def _trip(self, service: Record, primary: Record) -> None:
        """End the deployment, and go back to the last one that was steady if that is asked for."""
        primary.update(
            rolloutState="FAILED",
            rolloutStateReason="ECS deployment circuit breaker: tasks failed to start.",
            desiredCount=0,
            updatedAt=self._ecs._iso(),
        )
        self._event(service, "deployment failed: tasks failed to start.")
        breaker = (service.get("deploymentConfiguration") or {}).get("deploymentCircuitBreaker") or {}
        last = service.get("_last_completed")
        if not breaker.get("rollback") or last is None or last is primary:
            return
        service["_failures"], service["_start_after"] = 0, 0.0
        primary["status"] = "ACTIVE"
        last.update(
            status="PRIMARY",
            desiredCount=service["desiredCount"],
            rolloutState="IN_PROGRESS",
            rolloutStateReason=f"{ROLLBACK} {last['id']}.",
            updatedAt=self._ecs._iso(),
        )
        if last not in service["deployments"]:
            service["deployments"].insert(0, last)
        service["taskDefinition"] = last["taskDefinition"]
        self._event(service, f"rolling back to deployment {last['id']}.")

    def _event(self, service: Record, message: str) -> None:
        event = {
            "id": self._ecs.new_uuid(),
            "createdAt": self._ecs._iso(),
            "message": f"(service {service['serviceName']}) {message}",
        }
        service["events"].insert(0, event)
        del service["events"][100:]

    def _again(self, key: Key, due: float) -> None:
        self._later[key] = min(due, self._later.get(key, due))


def _limits(service: Record, desired: int) -> Limits:
    configuration = service.get("deploymentConfiguration") or {}
    return Limits(
        desired,
        int(configuration.get("minimumHealthyPercent", 100)),
        int(configuration.get("maximumPercent", 200)),
    )
