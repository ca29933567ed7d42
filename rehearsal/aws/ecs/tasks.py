"""The life of one task: from its image to its last log line."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from docker.errors import DockerException

from ...core import deaths
from ...core.containers import Engine
from .. import ministack
from ..balancers import Balancers
from ..config import Config
from . import images, logs, specs
from .run import Record, Run

log = logging.getLogger("ecs")
SCHEDULER = "ServiceSchedulerInitiated"  # the stop code of tasks that their service lets go
_LOG_SECONDS = 5.0
_STOP_SECONDS = 30  # what Fargate grants a container that names no stopTimeout


class Tasks:
    """Starts and stops tasks in threads of their own and tells ``changed`` when one has moved on.

    ``changed(run, failure)`` gets the reason when the task ended without having been asked to.
    """

    def __init__(
        self, config: Config, engine: Engine, balancers: Balancers, changed: Callable[[Run, str], None]
    ) -> None:
        self._config = config
        self._engine = engine
        self._balancers = balancers
        self._changed = changed
        self._ecs = ministack.service("ecs")
        self._lock = threading.Lock()
        self.runs: dict[str, Run] = {}
        threading.Thread(target=self._watch, name="task-deaths", daemon=True).start()

    # Start

    def start(self, run: Run, overrides: list[Record]) -> None:
        """Run the task; called in a thread of its own."""
        with self._lock:
            self.runs[run.arn] = run
        with self._ecs.request_scope(run.account, run.region):
            try:
                self._start(run, overrides)
            except (specs.SecretError, images.PullError) as error:
                self.stop(run, str(error), "TaskFailedToStart")
            except Exception as error:
                log.exception("task %s", run.arn)
                self.stop(run, f"ResourceInitializationError: {error}", "TaskFailedToStart")
        run.started.set()
        if run.arn not in self.runs:
            self._remove(run)

    def _start(self, run: Run, overrides: list[Record]) -> None:
        self._mark(run, "PENDING")
        for index, container in enumerate(run.definition["containerDefinitions"]):
            override = next((o for o in overrides if o.get("name") == container["name"]), {})
            environ = self._environment(run, container, override)
            self._mark(run, "ACTIVATING")
            image = images.fetch(container["image"], self._engine, self._config)
            if run.leaving:  # while its image was fetched
                return
            definition = {**container, **({"command": override["command"]} if "command" in override else {})}
            started = self._engine.start(
                specs.spec(
                    run.definition,
                    definition,
                    task_id=run.id,
                    image=image,
                    environ=environ,
                    labels={**self._config.labels, "ai-api-rehearsal.task": run.arn},
                    join=run.containers[0] if run.containers else None,
                )
            )
            run.containers.append(started)
            run.record["containers"][index].update(runtimeId=started[:12], lastStatus="RUNNING")
            thread = logs.follow(self._engine, started, container, run.id)
            run.logs += [thread] if thread else []
        self._settle(run)

    def _environment(self, run: Run, container: Record, override: Record) -> dict[str, str]:
        secret = ministack.service("secretsmanager").resolve_secret_string
        environ = specs.platform_environment(
            self._config, run.region, with_role=bool(run.definition.get("taskRoleArn"))
        )
        return environ | specs.environment(container, override, secret)

    def _settle(self, run: Run) -> None:
        """The containers run: give the task its address, register its targets, and say RUNNING."""
        for container in run.containers:
            if not self._engine.runs(container):
                self._ended(container)  # before it was known whose it is
        address = self._engine.address(run.containers[0])
        run.meter = self._engine.meter(run.containers[0])
        run.record["_container_ip"] = address
        if run.record.get("_network_mode") == "awsvpc":
            run.record["attachments"] = [_interface(run, address)]
        with self._lock:
            if run.leaving or not address:
                return
            service = self._ecs._services.get(run.service[2]) if run.service else None
            for entry in (service or {}).get("loadBalancers", []):
                group = entry["targetGroupArn"]
                target = self._balancers.register(group, (address, int(entry["containerPort"])))
                run.targets.append((group, target))
        self._mark(run, "RUNNING")
        self._changed(run, "")

    # Stop

    def stop(self, run: Run, reason: str, code: str) -> None:
        """Drain, stop and forget the task, in a thread; a second call changes nothing."""
        with self._lock:
            if run.leaving:
                return
            run.leaving = True
        run.record.update(desiredStatus="STOPPED", stopCode=code, stoppedReason=reason)
        run.record["stoppingAt"] = self._ecs._iso()
        name = f"stop-{run.id[:8]}"
        threading.Thread(target=self._stop, args=(run, reason, code), name=name, daemon=True).start()

    def _stop(self, run: Run, reason: str, code: str) -> None:
        failure = reason if code in ("TaskFailedToStart", "EssentialContainerExited") else ""
        drain = code == SCHEDULER
        with self._ecs.request_scope(run.account, run.region):
            self._mark(run, "DEACTIVATING")
            self._changed(run, failure)
            run.started.wait()
            for group, target in run.targets:
                self._balancers.deregister(group, target, drain=drain)
            self._mark(run, "STOPPING")
            try:
                self._stop_containers(run)
            except (DockerException, OSError) as error:
                log.warning("containers of %s: %s", run.arn, error)
            run.record["stoppedAt"] = run.record["executionStoppedAt"] = self._ecs._iso()
            self._mark(run, "STOPPED")
            with self._lock:
                self.runs.pop(run.arn, None)
            self._changed(run, "")

    def _stop_containers(self, run: Run) -> None:
        """Sidecars last, as they may serve the first container while it finishes."""
        definitions = run.definition["containerDefinitions"]
        for container, definition, record in zip(
            run.containers, definitions, run.record["containers"], strict=False
        ):
            patience = int(definition.get("stopTimeout") or _STOP_SECONDS)
            record.update(exitCode=self._engine.stop(container, patience), lastStatus="STOPPED")
        for thread in run.logs:
            thread.join(_LOG_SECONDS)
        self._remove(run)

    def _remove(self, run: Run) -> None:
        for container in run.containers:
            self._engine.remove(container)

    def abandon(self) -> None:
        """Forget every task; the caller removes their containers."""
        with self._lock:
            for run in self.runs.values():
                run.leaving = True
            self.runs.clear()

    # What happens by itself

    def _watch(self) -> None:
        deaths.watch(
            self._engine,
            self._config.labels,
            lambda: [container for run in list(self.runs.values()) for container in run.containers],
            self._ended,
        )

    def _ended(self, container: str) -> None:
        run = next((run for run in list(self.runs.values()) if container in run.containers), None)
        if run is None or run.leaving:
            return
        definition = run.definition["containerDefinitions"][run.containers.index(container)]
        if definition.get("essential", True):
            self.stop(run, "Essential container in task exited", "EssentialContainerExited")

    def _mark(self, run: Run, status: str) -> None:
        record = run.record
        self._ecs._bump_task_version(record)
        record["lastStatus"] = status
        if status == "RUNNING":
            run.running_since = time.monotonic()
            record["startedAt"] = record["pullStoppedAt"] = self._ecs._iso()
        self._ecs._recount_cluster(run.cluster)
        self._ecs._refresh_service_state(run.cluster, record.get("group", ""))


def _interface(run: Run, address: str) -> Record:
    return {
        "id": run.id,
        "type": "ElasticNetworkInterface",
        "status": "ATTACHED",
        "details": [
            {"name": "subnetId", "value": run.record.get("_subnet") or ""},
            {"name": "privateIPv4Address", "value": address},
        ],
    }
