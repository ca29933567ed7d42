"""Environments of Container Apps."""

from __future__ import annotations

import hashlib
from typing import Any

from ..arm import ids
from ..arm.errors import ArmError
from ..arm.kind import Change, Kind, Way
from ..arm.locations import normal
from ..arm.store import Record
from ..cloud import Cloud

VERSIONS = ("2026-07-01", "2026-01-01", "2025-07-01", "2025-01-01", "2024-03-01")
APPS = "Microsoft.App/containerApps"


class Environments(Kind):
    namespace = "Microsoft.App"
    type = "managedEnvironments"
    versions = VERSIONS
    model = "app.ManagedEnvironment"
    name_pattern = r"[a-zA-Z]([a-zA-Z0-9-]{0,58}[a-zA-Z0-9])?"
    name_code = "ManagedEnvironmentInvalidName"
    creating = Way.RESULT
    patching = Way.RESULT
    deleting = Way.RESULT
    in_creation = "Waiting"
    in_update = "Waiting"
    in_deletion = "ScheduledForDelete"
    displays_location = True

    def check(self, change: Change) -> None:
        logs = change.body.get("properties", {}).get("appLogsConfiguration") or {}
        if logs.get("destination") != "log-analytics":
            return
        given = logs.get("logAnalyticsConfiguration") or {}
        before = change.before.properties["appLogsConfiguration"] if change.before else {}
        known = (before.get("logAnalyticsConfiguration") or {}) if before else {}
        if change.before and "sharedKey" not in given and known.get("customerId") == given.get("customerId"):
            given["sharedKey"] = known["sharedKey"]
        for workspace in self.cloud.store.of_kind("Microsoft.OperationalInsights/workspaces"):
            if workspace.hidden["customerId"] == given.get("customerId"):
                keys = (workspace.hidden["primarySharedKey"], workspace.hidden["secondarySharedKey"])
                if given.get("sharedKey") in keys:
                    return
        raise ArmError(
            400,
            "InvalidRequestParameterWithDetails",
            "LogAnalyticsConfiguration is invalid. Must provide a valid LogAnalyticsConfiguration: no "
            "workspace has this customerId and sharedKey.",
            target="properties.appLogsConfiguration.logAnalyticsConfiguration",
        )

    def fill(self, record: Record, change: Change) -> None:
        record.body["properties"] = {"zoneRedundant": False, **record.properties}

    def properties(self, record: Record) -> dict[str, Any]:
        shown = dict(record.properties)
        logs = shown.get("appLogsConfiguration") or {}
        if "logAnalyticsConfiguration" in logs:
            customer = {"customerId": logs["logAnalyticsConfiguration"]["customerId"]}
            shown["appLogsConfiguration"] = {**logs, "logAnalyticsConfiguration": customer}
        return {**shown, "defaultDomain": domain(self.cloud, record.id), "staticIp": "127.0.0.1"}

    def removed_early(self, record: Record, request: object) -> None:
        apps = [app.name for app in self.cloud.store.of_kind(APPS) if self._has(record, app)]
        if apps:
            raise ArmError(
                409,
                "ManagedEnvironmentHasContainerApps",
                f"Managed environment '{record.name}' cannot be deleted because it contains container apps: "
                f"{', '.join(apps)}.",
            )

    def _has(self, environment: Record, app: Record) -> bool:
        return bool(app.properties["environmentId"].casefold() == environment.id.casefold())


def domain(cloud: Cloud, environment: str) -> str:
    """Below which the apps of an environment would have their names."""
    record = cloud.store.get(environment)
    region = normal(record.location) if record else ""
    words = hashlib.sha256(ids.key(environment).encode()).hexdigest()[:8]
    return f"rehearsal-{words}.{region}.azurecontainerapps.io"
