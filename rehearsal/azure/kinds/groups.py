"""Resource groups."""

from __future__ import annotations

from typing import Any

from ..arm.ids import Path
from ..arm.kind import Change, Kind, Way
from ..arm.store import Record


class Groups(Kind):
    namespace = "Microsoft.Resources"
    type = "resourceGroups"
    versions = ("2025-04-01", "2024-11-01", "2024-03-01", "2022-09-01", "2021-04-01")
    model = "resources.ResourceGroup"
    patched = "resources.ResourceGroupPatchable"
    deleting = Way.RESULT

    def identity(self, path: Path, name: str, group: str) -> str:
        return f"{self.cloud.subscription}/resourceGroups/{name}"

    def fill(self, record: Record, change: Change) -> None:
        record.state = "Succeeded"

    def view(self, record: Record) -> dict[str, Any]:
        return {**super().view(record), "type": self.full}
