"""What came of a task on one resource."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .changes import Change, as_diff


@dataclass(frozen=True)
class Outcome:
    """What came of a task; in check mode, what would. ``resource`` is live, or as it would be."""

    changed: bool
    resource: dict[str, Any] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)

    def as_result(self, title: str) -> dict[str, Any]:
        return {"changed": self.changed, "resource": self.resource, "diff": as_diff(title, self.changes)}
