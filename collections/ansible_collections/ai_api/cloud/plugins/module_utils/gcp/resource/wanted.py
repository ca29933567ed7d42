"""What a task wants of a resource: whether it is so already, and the request that makes it so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...core.changes import Change, compare
from ..discovery import Kind
from . import marks
from .shape import merged, seen, without_null, writable
from .types import IMMUTABLE, ONCE

Body = dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """``labels``: None for kinds without a place for them; ``target`` shares the resource with others."""

    kind: Kind
    body: Mapping[str, Any]
    labels: Mapping[str, str] | None = None
    target: str | None = None

    def declared(self, live: Mapping[str, Any]) -> Body:
        if self.labels is None:
            return dict(self.body)
        labels = {**self.labels, **({marks.shared_mark(self.target): marks.IN_USE} if self.target else {})}
        others = marks.sharers(marks.labels_of(self.kind, live))
        kept = dict.fromkeys(map(marks.shared_mark, others), marks.IN_USE)
        return marks.with_labels(self.kind, self.body, {**labels, **kept})

    def is_met_by(self, live: Mapping[str, Any]) -> bool:
        return not self.differing(live)

    def differing(self, live: Mapping[str, Any]) -> list[str]:
        """The top-level fields that are not as declared."""
        declared = self.declared(live)
        found = seen(self.kind, live, declared)
        return [name for name, value in declared.items() if name not in found or found[name] != value]

    def changes(self, name: str, live: Mapping[str, Any]) -> list[Change]:
        declared = self.declared(live)
        return compare(name, seen(self.kind, live, declared), without_null(declared))

    def immutable(self, live: Mapping[str, Any]) -> list[str]:
        """What differs and cannot be changed."""
        fixed = IMMUTABLE.get(self.kind.schema, ())
        return [name for name in self.differing(live) if name in fixed]

    def created(self) -> Body:
        body: Body = without_null(self.declared({}))
        return body

    def patched(self, live: Mapping[str, Any]) -> Body:
        """The whole resource as it shall be, of which the PATCH takes what differs."""
        body: Body = merged(self.kind, writable(self.kind, live), self.declared(live))
        parent, name = ONCE.get(self.kind.schema, ("", ""))
        if parent in body and name not in (self.body.get(parent) or {}):
            body[parent] = {key: value for key, value in body[parent].items() if key != name}
        return body
