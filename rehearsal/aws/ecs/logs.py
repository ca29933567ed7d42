"""Container output to CloudWatch Logs, as the awslogs driver ships it, bounded in memory."""

from __future__ import annotations

import threading
import time
from typing import Any

from ...core.containers import Engine
from .. import ministack

_KEPT_EVENTS = 5000


def follow(
    engine: Engine, container: str, definition: dict[str, Any], task_id: str
) -> threading.Thread | None:
    """Forward the container's output until it ends; None when its task definition asks for no logs.

    Must be called in the task's account and region scope.
    """
    ecs = ministack.service("ecs")
    config = ecs._awslogs_config(definition, task_id, container)
    if config is None:
        return None
    scope = ecs.get_account_id(), config["region"] or ecs.get_region()

    def forward() -> None:
        with ecs.request_scope(*scope):
            if ecs._ensure_awslogs_stream(config):
                for line in engine.lines(container):
                    _put(config["group"], config["stream"], line)

    thread = threading.Thread(target=forward, name=f"logs-{task_id[:8]}", daemon=True)
    thread.start()
    return thread


def _put(group: str, stream: str, line: str) -> None:
    logs = ministack.service("cloudwatch_logs")
    event = {"timestamp": int(time.time() * 1000), "message": line}
    logs._put_log_events({"logGroupName": group, "logStreamName": stream, "logEvents": [event]})
    _trim(logs, group, stream)


def _trim(logs: Any, group: str, stream: str) -> None:
    """MiniStack keeps every event for ever, twice."""
    record = logs._log_groups.get(group, {"streams": {}})["streams"].get(stream)
    if record is None or len(record["events"]) < 2 * _KEPT_EVENTS:
        return
    old, record["events"] = record["events"][:-_KEPT_EVENTS], record["events"][-_KEPT_EVENTS:]
    for event in old:
        logs._log_records.pop(event["eventId"], None)
