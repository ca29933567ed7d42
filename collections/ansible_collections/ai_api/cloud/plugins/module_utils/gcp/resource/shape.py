"""What is declared of a resource, against what Google says about it.

Google's answer is noisy: it leaves out what is false, zero or empty, fills in defaults, and writes 64-bit
numbers as text. The API's own schema tells what means the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...core.changes import identity_of
from ..discovery import Json, Kind

Node = Any  # JSON
_DURATION = re.compile(r"(-?\d+(?:\.\d+)?)s")
_INTEGERS = frozenset({"int32", "int64", "uint32", "uint64"})


def seen(kind: Kind, live: Node, declared: Node, schema: Json | None = None) -> Node:
    """``live`` cut down to what ``declared`` names, and in its words where both mean the same.

    So the resource is as declared exactly if this equals ``declared``. ``schema``: of both, by default
    that of the resource.
    """
    schema = {"$ref": kind.schema} if schema is None else schema
    if isinstance(declared, Mapping) and isinstance(live, Mapping | None):
        return _seen_mapping(kind, live or {}, declared, schema)
    if isinstance(declared, list) and isinstance(live, list):
        return _seen_list(kind, live, declared, schema.get("items", {}))
    return declared if _alike(live, declared, schema) else live


def merged(kind: Kind, live: Node, declared: Node, schema: Json | None = None) -> Node:
    """``declared`` laid over ``live``, for a PATCH that replaces whole top-level fields.

    Messages are merged; the elements of lists and maps are taken as declared, since two alternatives of one
    element must not meet. What is declared as null is left out.
    """
    schema = {"$ref": kind.schema} if schema is None else schema
    if not isinstance(declared, Mapping) or not isinstance(live, Mapping):
        return without_null(declared)
    fields, result = _fields(kind, schema), dict(live)
    for name, value in declared.items():
        if value is None:
            result.pop(name, None)
        elif name in fields:
            result[name] = merged(kind, live.get(name), value, fields[name])
        else:
            result[name] = without_null(value)
    return result


def without_null(node: Node) -> Node:
    if isinstance(node, Mapping):
        return {name: without_null(value) for name, value in node.items() if value is not None}
    return [without_null(each) for each in node] if isinstance(node, list) else node


def writable(kind: Kind, live: Node, schema: Json | None = None) -> Node:
    """``live`` without what only Google may set."""
    schema = {"$ref": kind.schema} if schema is None else schema
    if isinstance(live, list):
        return [writable(kind, each, schema.get("items", {})) for each in live]
    if not isinstance(live, Mapping):
        return live
    fields, values = _fields(kind, schema), schema.get("additionalProperties", {})
    return {
        name: writable(kind, value, fields.get(name, values))
        for name, value in live.items()
        if not fields.get(name, {}).get("readOnly")
    }


def _seen_mapping(
    kind: Kind, live: Mapping[str, Node], declared: Mapping[str, Node], schema: Json
) -> dict[str, Node]:
    fields, values = _fields(kind, schema), schema.get("additionalProperties", {})
    found = {}
    for name, value in declared.items():
        field = fields.get(name, values)
        if field.get("readOnly"):
            found[name] = value
            continue
        if name in live:
            found[name] = seen(kind, live[name], value, field)
        elif _alike(None, value, field):
            found[name] = value
    return found


def _seen_list(kind: Kind, live: list[Node], declared: list[Node], schema: Json) -> list[Node]:
    """Of named things the order does not matter; Google does not always keep it."""
    key = identity_of(declared) if all(isinstance(each, Mapping) for each in [*live, *declared]) else None
    if key and all(key in each for each in live):
        by_name = {str(each[key]): each for each in live}
        if len(by_name) == len(live):
            found = [
                seen(kind, by_name.pop(name), each, schema)
                for each in declared
                if (name := str(each[key])) in by_name
            ]
            return [*found, *by_name.values()]
    if len(live) == len(declared):
        return [seen(kind, one, other, schema) for one, other in zip(live, declared, strict=True)]
    return live


def _fields(kind: Kind, schema: Json) -> Json:
    return kind.properties_of(schema["$ref"]) if "$ref" in schema else schema.get("properties", {})


def _alike(live: Node, declared: Node, schema: Json) -> bool:
    if live is None:
        return _is_nothing(declared) or declared == next(iter(schema.get("enum", [])), None)
    if declared is None:
        return _is_nothing(live)
    if isinstance(live, Mapping | list) or isinstance(declared, Mapping | list):
        return bool(live == declared)
    return bool(_plain(live, schema) == _plain(declared, schema))


def _plain(value: Node, schema: Json) -> Node:
    """In one form of those that Google reads as the same."""
    form = schema.get("format")
    if form in _INTEGERS and not isinstance(value, bool) and re.fullmatch(r"-?\d+", str(value)):
        return int(value)
    if form == "google-duration" and (match := _DURATION.fullmatch(str(value))):
        return float(match.group(1))
    return (type(value) is bool, value)


def _is_nothing(value: Node) -> bool:
    """What Google leaves out. An empty message is something: it may be the choice of an alternative."""
    if isinstance(value, Mapping):
        return bool(value) and all(map(_is_nothing, value.values()))
    return not value
