"""Revisions of an app: immutable templates with a name, active or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...core.runner import Phase, Share, Status
from ..arm.store import Record, now


@dataclass(eq=False)
class AppRevision:
    """``ready`` once it has been."""

    name: str
    template: dict[str, Any]
    active: bool = True
    ready: bool = False
    created: str = field(default_factory=now)


def revisions(app: Record) -> list[AppRevision]:
    """Of an app, the oldest first."""
    found: list[AppRevision] = app.hidden["revisions"]
    return found


def latest(app: Record) -> AppRevision | None:
    return revisions(app)[-1] if revisions(app) else None


def latest_ready(app: Record) -> AppRevision | None:
    ready = [revision for revision in revisions(app) if revision.ready and revision.active]
    return ready[-1] if ready else None


def is_single(app: Record) -> bool:
    return bool(app.properties["configuration"]["activeRevisionsMode"] == "Single")


def ingress(app: Record) -> dict[str, Any]:
    """Empty when there is none."""
    return app.properties["configuration"].get("ingress") or {}


def weights(app: Record) -> dict[str, int]:
    """Revision -> percent: the latest ready one stands in for ``latestRevision``, or else the latest."""
    newest = latest_ready(app) or latest(app)
    if newest is None or not ingress(app).get("external"):
        return {}
    if is_single(app):
        return {newest.name: 100}
    shares: dict[str, int] = {}
    for entry in ingress(app)["traffic"]:
        name = newest.name if entry.get("latestRevision") else entry["revisionName"]
        shares[name] = shares.get(name, 0) + entry.get("weight", 0)
    return shares


def shares(app: Record) -> list[Share]:
    return [Share(name, percent) for name, percent in weights(app).items() if percent]


def labels(app: Record) -> dict[str, str]:
    """Label -> revision."""
    newest = latest_ready(app) or latest(app)
    return {
        entry["label"]: newest.name if entry.get("latestRevision") else entry["revisionName"]
        for entry in ingress(app).get("traffic") or []
        if entry.get("label") and newest and not is_single(app)
    }


def shown(app: Record, revision: AppRevision, status: Status, domain: str) -> dict[str, Any]:
    """As ARM shows it."""
    provisioning, health, running = _states(revision, status)
    properties: dict[str, Any] = {
        "createdTime": revision.created,
        "lastActiveTime": now() if revision.active else revision.created,
        "fqdn": f"{revision.name}.{domain}",
        "template": revision.template,
        "active": revision.active,
        "replicas": status.instances,
        "trafficWeight": weights(app).get(revision.name, 0),
        "healthState": health,
        "provisioningState": provisioning,
        "runningState": running,
    }
    if status.reason and revision.active:
        properties["provisioningError"] = status.reason
    return {
        "id": f"{app.id}/revisions/{revision.name}",
        "name": revision.name,
        "type": "Microsoft.App/containerapps/revisions",
        "properties": properties,
    }


def _states(revision: AppRevision, status: Status) -> tuple[str, str, str]:
    """provisioningState, healthState and runningState."""
    if not revision.active:
        return "Deprovisioned", "None", "Stopped"
    if status.phase is Phase.READY:
        troubled = bool(status.reason)
        return "Provisioned", "Unhealthy" if troubled else "Healthy", "Degraded" if troubled else "Running"
    if status.phase is Phase.FAILED:
        return "Failed", "Unhealthy", "Failed"
    return "Provisioning", "None", "Processing"


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two complete templates make the same revision."""
    return {**one, "revisionSuffix": ""} == {**other, "revisionSuffix": ""}
