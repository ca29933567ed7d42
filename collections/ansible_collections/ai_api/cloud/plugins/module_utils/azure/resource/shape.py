"""What is declared of a resource, against what Azure says about it.

Azure's answer is noisy: it spells regions and ids in its own way, fills in what was left out, leaves out what
is empty, and never gives back what is secret. None of that is a difference.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ...core.changes import identity_of, is_secret

Node = Any  # JSON
# Azure's own, at these places; what a type fills in below `properties` it takes back as it is.
READ_ONLY = frozenset({"id", "name", "type", "systemData", "etag"})
READ_ONLY_PROPERTIES = frozenset({"provisioningState", "provisioningError"})
FINGERPRINT = "declared-as"  # the tag that tells whether what cannot be read back is as declared

_CASELESS = re.compile(
    r"^/(subscriptions|providers)/|^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE
)
_CASELESS_NAMES = frozenset({"transport", "family"})


def seen(live: Node, declared: Node, path: str = "") -> Node:
    """``live`` cut down to what ``declared`` names, and in its words where both mean the same.

    So the resource is as declared exactly if this equals ``declared``.
    """
    if isinstance(declared, Mapping) and isinstance(live, Mapping | None):
        return _seen_mapping(live or {}, declared, path)
    if isinstance(declared, list) and isinstance(live, list):
        return _seen_list(live, declared, path)
    return declared if _alike(live, declared, path.rsplit(".", 1)[-1]) else live


def merged(live: Node, declared: Node) -> Node:
    """``declared`` laid over ``live``, for a PUT that drops what it does not name.

    A list is taken as declared, a property that is declared as null is left out.
    """
    if not isinstance(declared, Mapping) or not isinstance(live, Mapping):
        return declared
    result = dict(live)
    for name, value in declared.items():
        known = _name_in(live, name)
        before = live.get(known) if known else None
        if known:
            del result[known]
        if value is not None:
            result[name] = merged(before, value)
    return result


def writable(live: Mapping[str, Node]) -> dict[str, Node]:
    """``live`` without what only Azure may set."""
    body = {name: value for name, value in live.items() if name not in READ_ONLY}
    if isinstance(properties := body.get("properties"), Mapping):
        body["properties"] = {
            name: value for name, value in properties.items() if name not in READ_ONLY_PROPERTIES
        }
    if isinstance(identity := body.get("identity"), Mapping):
        users = identity.get("userAssignedIdentities") or {}
        body["identity"] = {
            "type": identity.get("type"),
            **({"userAssignedIdentities": {name: {} for name in users}} if users else {}),
        }
    return body


def public(node: Node, path: str = "") -> Node:
    """``node`` without what is secret, which Azure does not tell either."""
    if isinstance(node, Mapping):
        below = {name: f"{path}.{name}" if path else name for name in node}
        return {name: public(node[name], below[name]) for name in node if not is_secret(below[name])}
    if isinstance(node, list):
        return [public(each, f"{path}[{at}]") for at, each in enumerate(node)]
    return node


def fingerprint(resource_id: str, declared: Mapping[str, Node]) -> str:
    """Of all that is declared, secrets too: enough of a salted, slow hash to notice a change, too little to
    find a value by it."""
    content = json.dumps(declared, sort_keys=True).encode()
    return hashlib.pbkdf2_hmac("sha256", content, resource_id.casefold().encode(), 1000, 4).hex()


def _seen_mapping(live: Mapping[str, Node], declared: Mapping[str, Node], path: str) -> dict[str, Node]:
    found = {}
    for name, value in declared.items():
        below = f"{path}.{name}" if path else name
        known = _name_in(live, name)
        if known:
            found[name] = seen(live[known], value, below)
        elif _is_nothing(value) or is_secret(below):
            found[name] = value
        elif isinstance(value, Mapping):  # it may hold nothing but what cannot be read back
            inner = _seen_mapping({}, value, below)
            if inner:
                found[name] = inner
    return found


def _seen_list(live: list[Node], declared: list[Node], path: str) -> list[Node]:
    key = identity_of(declared) if all(isinstance(each, Mapping) for each in [*live, *declared]) else None
    if key and all(key in each for each in live):
        by_name = {str(each[key]).casefold(): each for each in live}
        found = [
            seen(by_name.pop(name), each, f"{path}[{each[key]}]")
            for each in declared
            if (name := str(each[key]).casefold()) in by_name
        ]
        return [*found, *by_name.values()]
    if len(live) == len(declared):
        return [
            seen(one, other, f"{path}[{at}]")
            for at, (one, other) in enumerate(zip(live, declared, strict=True))
        ]
    return live


def _name_in(mapping: Mapping[str, Node], name: str) -> str | None:
    """The key of ``mapping`` that is ``name``; ids as keys differ in case."""
    if name in mapping or not name.startswith("/"):
        return name if name in mapping else None
    return next((key for key in mapping if key.casefold() == name.casefold()), None)


def _alike(live: Node, declared: Node, name: str) -> bool:
    if live == declared and isinstance(live, bool) == isinstance(declared, bool):
        return True
    if live is None:
        return _is_nothing(declared)
    if isinstance(live, Mapping | list) or isinstance(declared, Mapping | list) or declared is None:
        return False
    one, other = _plain(live), _plain(declared)
    if name == "location":
        return squeezed(one) == squeezed(other)
    if name in _CASELESS_NAMES or (_CASELESS.match(one) and _CASELESS.match(other)):
        return one.casefold() == other.casefold()
    return one == other


def _plain(value: Node) -> str:
    """Azure gives some numbers and booleans back as strings, and the other way round."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def squeezed(location: str) -> str:
    """``West Europe`` and ``westeurope`` are one region."""
    return location.replace(" ", "").casefold()


def _is_nothing(value: Node) -> bool:
    if isinstance(value, Mapping):
        return all(map(_is_nothing, value.values()))
    return value is None or value is False or (isinstance(value, Sequence | int | float) and not value)
