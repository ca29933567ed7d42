"""What there is in the subscription, in memory."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from . import ids


def now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


@dataclass(eq=False)
class Record:
    """A resource. ``body`` is what was declared and filled in; ``hidden`` is what no GET shows.

    ``busy`` is the operation that is changing it; ``state`` its provisioningState, empty where it has none.
    """

    id: str
    name: str
    kind: str
    group: str
    body: dict[str, Any]
    created: str = field(default_factory=now)
    state: str = ""
    busy: Any = None
    hidden: dict[str, Any] = field(default_factory=dict)

    @property
    def location(self) -> str:
        return str(self.body.get("location") or "global")

    @property
    def properties(self) -> dict[str, Any]:
        found: dict[str, Any] = self.body.setdefault("properties", {})
        return found


class Store:
    """Records by id. ``lock`` is held by whoever reads and then writes."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._records: dict[str, Record] = {}

    def get(self, identity: str) -> Record | None:
        return self._records.get(ids.key(identity))

    def put(self, record: Record) -> None:
        self._records[ids.key(record.id)] = record

    def remove(self, record: Record) -> None:
        self._records.pop(ids.key(record.id), None)

    def of_kind(self, kind: str, below: str = "") -> list[Record]:
        """Those of a type such as ``Microsoft.App/containerApps``, of the whole subscription or a group."""
        return [record for record in self.below(below) if record.kind.casefold() == kind.casefold()]

    def below(self, identity: str) -> Iterator[Record]:
        """What is in a group or belongs to a resource, and the resource itself."""
        prefix = ids.key(identity)
        with self.lock:
            records = list(self._records.items())
        return (record for key, record in records if key == prefix or key.startswith(f"{prefix}/"))

    def clear(self) -> None:
        with self.lock:
            self._records.clear()
