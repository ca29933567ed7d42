"""Puts our scheduler in the place of MiniStack's."""

from __future__ import annotations

from typing import Any

from .. import ministack
from .run import Run
from .scheduler import Scheduler
from .tasks import SCHEDULER

_STANDING = (
    "_run_task",
    "_refresh_service_state",
    "_recount_cluster",
    "_primary_deployment",
    "_delete_service",
)


def install(scheduler: Scheduler) -> None:
    """Raise VersionError when MiniStack lacks what this replaces or relies on."""
    ecs = ministack.service("ecs")
    for name in _STANDING:
        if not callable(getattr(ecs, name, None)):
            raise ministack.VersionError(f"ministack's ECS has no {name}")

    def reconcile(cluster: str, key: str) -> None:
        scheduler.wake((ecs.get_account_id(), ecs.get_region(), key))

    def start(task: Any, definition: Any, overrides: Any, _docker: Any, account: str, region: str) -> None:
        scheduler.tasks.start(Run(task, definition, account, region), overrides)

    def stop(data: dict[str, Any]) -> Any:
        cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
        task = ecs._resolve_task(data.get("task", ""), cluster) if cluster else None
        if not task:
            message = "The referenced task was not found."
            return ecs.error_response_json("InvalidParameterException", message, 400)
        code = SCHEDULER if data.get("reason") == "Service deleted" else "UserInitiated"
        scheduler.stop(task, data.get("reason", "Task stopped by user"), code)
        return ecs.json_response({"task": ecs._sanitize(task)})

    def deployment(*args: Any, **kwargs: Any) -> Any:
        """The real one reports a new service's first deployment in progress until it is steady."""
        return make(*args, **kwargs) | {"rolloutState": "IN_PROGRESS", "rolloutStateReason": ""}

    ministack.replace(ecs, "_get_docker", object)  # anything but None: tasks have containers
    ministack.replace(ecs, "_reconcile_service_tasks", reconcile)
    ministack.replace(ecs, "_run_task_worker", start)
    ministack.replace(ecs, "_stop_task", stop)
    ecs._ACTION_MAP["StopTask"] = stop
    ministack.replace(ecs, "_maybe_mark_stopped", lambda task, docker_client=None: None)
    ministack.replace(ecs, "_sync_service_targets", lambda cluster, service: None)
    ministack.replace(ecs, "_ensure_ecs_reaper_thread", lambda: None)
    make = ministack.replace(ecs, "_make_deployment", deployment)
