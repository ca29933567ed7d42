"""What a task changes, at the level of properties: the same shape on every cloud."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

HIDDEN = "(hidden)"
_IDENTITIES = ("Name", "name", "Key", "key", "Id", "Sid", "PolicyName", "server", "revisionName", "type")
# Names whose value is never shown. References to a secret (…Arn, ValueFrom) are no secrets.
_SECRET = re.compile(
    r"(secret|passw(or)?d|passphrase|credential|token|(private|api|access|shared)_?key)([_-]?(string|value))?$",
    re.IGNORECASE,
)
_NAMED_VALUE = re.compile(r"(\w+)\[([^\[\]]+)\]\.value$", re.IGNORECASE)
_ABSENT = object()


@dataclass(frozen=True)
class Change:
    """One property of one resource; ``before`` or ``after`` is None where there is none."""

    resource: str
    path: str
    before: Any
    after: Any

    @property
    def label(self) -> str:
        return f"{self.resource}.{self.path}" if self.path else self.resource


def compare(resource: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """The changes from one set of (nested) properties to another; secrets are hidden, their change is not."""
    old, new = dict(_flat(before)), dict(_flat(after))
    changes = []
    for path in [*old, *(path for path in new if path not in old)]:
        was, will = old.get(path, _ABSENT), new.get(path, _ABSENT)
        if was == will:
            continue
        if is_secret(path):
            was, will = _masked(was, "before"), _masked(will, "after")
        changes.append(Change(resource, path, _shown(was), _shown(will)))
    return changes


def as_diff(title: str, changes: Iterable[Change]) -> dict[str, Any]:
    """Ansible's ``diff`` of a task: one entry a resource and property."""
    changes = list(changes)
    return {
        "before_header": title,
        "after_header": title,
        "before": {change.label: change.before for change in changes if change.before is not None},
        "after": {change.label: change.after for change in changes if change.after is not None},
    }


def is_secret(path: str) -> bool:
    """Whether the value at ``path`` (``Containers[api].Environment[API_KEY].Value``) must not be shown."""
    named = _NAMED_VALUE.search(path)
    if named and named.group(1) == "secrets":
        return True
    name = named.group(2) if named else path.rsplit(".", 1)[-1]
    return bool(_SECRET.search(name))


def _flat(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """``(path, value)`` of every leaf; a list of named things goes by name, so that order does not matter."""
    if isinstance(node, Mapping) and (node or not path):
        for name, value in node.items():
            yield from _flat(value, f"{path}.{name}" if path else str(name))
    elif isinstance(node, list) and node and all(isinstance(item, Mapping) for item in node):
        identity = identity_of(node)
        for position, item in enumerate(node):
            rest = {name: value for name, value in item.items() if name != identity}
            yield from _flat(rest, f"{path}[{item[identity] if identity else position}]")
    else:
        yield path, node


def identity_of(items: Sequence[Mapping[str, Any]]) -> str | None:
    """The property that tells the items of a list apart: all have it, no two share its value."""
    for name in _IDENTITIES:
        names = {str(item[name]) for item in items if name in item}
        if len(names) == len(items):
            return name
    return None


def _masked(value: Any, side: str) -> Any:
    return value if value is _ABSENT else f"{HIDDEN} {side}"


def _shown(value: Any) -> Any:
    return None if value is _ABSENT else value
