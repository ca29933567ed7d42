"""Log Analytics workspaces: deleted softly, unless by force, and back when created again."""

from __future__ import annotations

import base64
import secrets
import uuid
from typing import Any

from ...core.asgi import Request, Response
from ..arm import ids
from ..arm.errors import ArmError, answer
from ..arm.ids import Path
from ..arm.kind import Change, Kind, Way
from ..arm.store import Record, now
from ..cloud import Cloud


class Workspaces(Kind):
    namespace = "Microsoft.OperationalInsights"
    type = "workspaces"
    versions = ("2025-07-01", "2025-02-01", "2023-09-01", "2022-10-01", "2020-08-01")
    model = "insights.Workspace"
    patched = "insights.WorkspacePatch"
    name_pattern = r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]"
    creating = Way.STATUS
    deleting = Way.RESULT

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._deleted: dict[str, Record] = {}

    def check(self, change: Change) -> None:
        days = change.body.get("properties", {}).get("retentionInDays", 30)
        if not (30 <= days <= 730 or days in (4, 7, -1)):
            message = f"'RetentionInDays' property is invalid: {days}. It must be from 30 to 730, or 4, or 7."
            raise ArmError(400, "InvalidParameter", message, target="properties.retentionInDays")

    def fill(self, record: Record, change: Change) -> None:
        softly_deleted = self._deleted.pop(ids.key(record.id), None)
        if softly_deleted:
            record.hidden = softly_deleted.hidden
        elif change.before is None:
            record.hidden = {
                "customerId": str(uuid.uuid4()),
                "createdDate": now(),
                "primarySharedKey": _key(),
                "secondarySharedKey": _key(),
            }
        record.hidden["modifiedDate"] = now()
        record.body["properties"] = {
            "retentionInDays": 30,
            "sku": {"name": "PerGB2018"},
            "publicNetworkAccessForIngestion": "Enabled",
            "publicNetworkAccessForQuery": "Enabled",
            "workspaceCapping": {"dailyQuotaGb": -1.0},
            "features": {"enableLogAccessUsingOnlyResourcePermissions": True},
            **record.properties,
        }

    def properties(self, record: Record) -> dict[str, Any]:
        shown = {name: record.hidden[name] for name in ("customerId", "createdDate", "modifiedDate")}
        return {**record.properties, **shown}

    def removed_early(self, record: Record, request: Request) -> None:
        record.hidden["force"] = request.query.get("force", [""])[0].casefold() == "true"

    def remove(self, record: Record) -> None:
        if not record.hidden.pop("force", False):
            self._deleted[ids.key(record.id)] = record

    def action(self, record: Record, steps: tuple[str, ...], request: Request) -> Response | None:
        if request.method == "POST" and steps[0].casefold() == "sharedkeys":
            return answer({name: record.hidden[name] for name in ("primarySharedKey", "secondarySharedKey")})
        return None

    def clear(self) -> None:
        self._deleted.clear()

    def deleted(self, path: Path) -> list[Record]:
        """Those that can be had back, of a group or of all."""
        return [record for key, record in self._deleted.items() if key.startswith(f"{ids.key(path.scope)}/")]

    def by_customer(self, customer: str) -> Record | None:
        """The live workspace with this customer id."""
        return next(
            (
                each
                for each in self.cloud.store.of_kind(self.full)
                if each.hidden["customerId"] == customer.lower()
            ),
            None,
        )


class DeletedWorkspaces(Kind):
    """Only listed."""

    namespace = "Microsoft.OperationalInsights"
    type = "deletedWorkspaces"
    versions = Workspaces.versions
    model = Workspaces.model

    def __init__(self, cloud: Cloud, workspaces: Workspaces) -> None:
        super().__init__(cloud)
        self._workspaces = workspaces

    def action_of_type(self, path: Path, request: Request) -> Response | None:
        return answer({"value": [self._workspaces.view(record) for record in self._workspaces.deleted(path)]})


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(64)).decode()
