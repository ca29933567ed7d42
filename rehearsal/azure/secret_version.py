"""One version of a secret in a vault."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

_DAY_SECONDS = 86400


@dataclass
class Version:
    """``declared`` is what was said of it beside its value: attributes, contentType, tags."""

    id: str
    value: str
    declared: dict[str, Any]
    created: int = field(default_factory=lambda: int(time.time()))

    def shown(self, identity: str, days: int) -> dict[str, Any]:
        """As an item of a list; ``days`` are those for which it could be had back."""
        attributes = {
            "enabled": True,
            **(self.declared.get("attributes") or {}),
            "created": self.created,
            "updated": self.created,
            "recoveryLevel": "CustomizedRecoverable+Purgeable",
            "recoverableDays": days,
        }
        declared = {name: value for name, value in self.declared.items() if name in ("contentType", "tags")}
        return {"id": identity, "attributes": attributes, **declared}

    @staticmethod
    def deletion(days: int) -> dict[str, int]:
        """What is added when it has been deleted now."""
        moment = int(time.time())
        return {"deletedDate": moment, "scheduledPurgeDate": moment + days * _DAY_SECONDS}
