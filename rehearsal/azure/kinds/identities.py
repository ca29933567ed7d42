"""User-assigned managed identities."""

from __future__ import annotations

import time
import uuid
from typing import Any

from ..arm.ids import Path
from ..arm.kind import Change, Kind
from ..arm.store import Record
from ..tokens import Caller


class Identities(Kind):
    namespace = "Microsoft.ManagedIdentity"
    type = "userAssignedIdentities"
    versions = ("2024-11-30", "2023-01-31", "2018-11-30")
    model = "identity.Identity"
    patched = "identity.IdentityUpdate"
    name_pattern = r"[A-Za-z0-9][A-Za-z0-9_-]{2,127}"

    def identity(self, path: Path, name: str, group: str) -> str:
        return super().identity(path, name, group).replace("/resourceGroups/", "/resourcegroups/", 1)

    def fill(self, record: Record, change: Change) -> None:
        if change.before is None:
            record.hidden = {
                "principalId": str(uuid.uuid4()),
                "clientId": str(uuid.uuid4()),
                "since": time.monotonic(),
            }

    def properties(self, record: Record) -> dict[str, Any]:
        return {
            **record.properties,
            "tenantId": self.cloud.config.tenant_id,
            "principalId": record.hidden["principalId"],
            "clientId": record.hidden["clientId"],
        }


def caller(record: Record) -> Caller:
    """The identity as one who asks for things."""
    return Caller(record.hidden["principalId"], record.hidden["clientId"])
