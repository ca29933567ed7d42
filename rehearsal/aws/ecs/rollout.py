"""How a deployment's record ends: steady, failed, or failed and rolled back."""

from __future__ import annotations

import time
import uuid
from typing import Any

from ...core.backoff import backoff
from .deployment import breaker_threshold

Record = dict[str, Any]
_KEPT_EVENTS = 100


def primary(service: Record) -> Record:
    """The deployment that the service is on, or on its way to."""
    found: Record = next(d for d in service["deployments"] if d["status"] == "PRIMARY")
    return found


def settled(service: Record) -> bool:
    """Whether nothing is under way: as many tasks as wanted run, or the deployment has failed for good."""
    state = primary(service)["rolloutState"]
    as_wanted: bool = service["runningCount"] == service["desiredCount"]
    return state == "FAILED" or (state == "COMPLETED" and as_wanted)


def complete(service: Record, now: str) -> None:
    """The primary deployment is steady, and the one to come back to."""
    deployment = primary(service)
    deployment.update(
        rolloutState="COMPLETED",
        rolloutStateReason=f"ECS deployment {deployment['id']} completed.",
        updatedAt=now,
    )
    service.update(_last_completed=deployment, _failures=0)
    service["deployments"] = [deployment]  # a failed deployment is shown until the roll-back is over
    _event(service, now, "has reached a steady state.")


def count_failure(service: Record, deployment_id: str, now: str) -> None:
    """A task of this deployment failed: wait longer before the next, and give up when it is too many."""
    service["_failures"] = service.get("_failures", 0) + 1
    service["_start_after"] = time.monotonic() + backoff(service["_failures"])
    deployment = primary(service)
    if deployment["rolloutState"] != "IN_PROGRESS" or deployment["id"] != deployment_id:
        return
    deployment["failedTasks"] = int(deployment.get("failedTasks", 0)) + 1
    threshold = breaker_threshold(service.get("deploymentConfiguration") or {}, int(service["desiredCount"]))
    if threshold is not None and deployment["failedTasks"] >= threshold:
        _trip(service, deployment, now)


def _trip(service: Record, deployment: Record, now: str) -> None:
    """End the deployment, and go back to the last one that was steady if that is asked for."""
    deployment.update(
        rolloutState="FAILED",
        rolloutStateReason="ECS deployment circuit breaker: tasks failed to start.",
        desiredCount=0,
        updatedAt=now,
    )
    _event(service, now, "deployment failed: tasks failed to start.")
    breaker = (service.get("deploymentConfiguration") or {}).get("deploymentCircuitBreaker") or {}
    last = service.get("_last_completed")
    if not breaker.get("rollback") or last is None or last is deployment:
        return
    service.update(_failures=0, _start_after=0.0, taskDefinition=last["taskDefinition"])
    deployment["status"] = "ACTIVE"
    last.update(
        status="PRIMARY",
        desiredCount=service["desiredCount"],
        rolloutState="IN_PROGRESS",
        rolloutStateReason=f"ECS deployment circuit breaker: rolling back to deploymentId {last['id']}.",
        updatedAt=now,
    )
    if last not in service["deployments"]:
        service["deployments"].insert(0, last)
    _event(service, now, f"rolling back to deployment {last['id']}.")


def _event(service: Record, now: str, message: str) -> None:
    event = {
        "id": str(uuid.uuid4()),
        "createdAt": now,
        "message": f"(service {service['serviceName']}) {message}",
    }
    service["events"].insert(0, event)
    del service["events"][_KEPT_EVENTS:]
