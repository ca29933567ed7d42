"""What a task wants of a resource: whether it is so already, and the request that makes it so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ...core.changes import Change, compare
from .shape import FINGERPRINT, fingerprint, merged, seen, writable

Body = dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """``tags`` is None for types that have none: role assignments, most children of other resources."""

    id: str
    body: Mapping[str, Any]
    tags: Mapping[str, str] | None = None
    patch: bool = False
    on_deleted: str = "recover"

    @cached_property
    def declared(self) -> Body:
        if self.tags is None:
            return dict(self.body)
        tags = {**(self.body.get("tags") or {}), **self.tags}
        return {**self.body, "tags": {**tags, FINGERPRINT: fingerprint(self.id, {**self.body, "tags": tags})}}

    def is_met_by(self, live: Mapping[str, Any]) -> bool:
        return bool(seen(live, self.declared) == self.declared)

    def changes(self, name: str, live: Mapping[str, Any]) -> list[Change]:
        return compare(name, seen(live, self.declared), self.declared)

    def request(self, live: Mapping[str, Any] | None) -> tuple[str, Body]:
        """Method and body. A PUT drops what it leaves out, so what others have set is sent with it."""
        if live is None:
            return "PUT", merged({}, self.declared)
        if not self.patch:
            return "PUT", merged(writable(live), self.declared)
        unchanging = {"location"}
        return "PATCH", {name: value for name, value in self.declared.items() if name not in unchanging}
