"""Update masks: which fields of a resource a PATCH replaces."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

from .discovery import Schemas
from .errors import ApiError

_FIXED = ("name", "etag")  # they say what is meant, they are not changed
_SNAKE = re.compile(r"_([a-z0-9])")


def apply(
    mask: str | None, body: dict[str, Any], current: dict[str, Any], schemas: Schemas, schema: str
) -> dict[str, Any]:
    """``current`` with what the mask names taken from ``body``, or dropped where the body lacks it.

    Without a mask everything that the body has is taken. Raise ApiError for a path that does not exist.
    """
    paths = list(_paths(mask)) if mask else [[key] for key in body]
    result = copy.deepcopy(current)
    for path in [[key] for key in schemas[schema]["properties"]] if paths == [["*"]] else paths:
        field = _field(path, schemas, schema)
        if not field.get("readOnly") and path[0] not in _FIXED:
            _set(result, path, _get(body, path))
    return result


def _paths(mask: str) -> Iterator[list[str]]:
    for path in mask.split(","):
        camel = _SNAKE.sub(lambda match: match[1].upper(), path.strip())
        yield camel.split(".")


def _field(path: list[str], schemas: Schemas, schema: str) -> dict[str, Any]:
    field: dict[str, Any] = {"$ref": schema}
    for key in path:
        if "$ref" in field:
            field = schemas[field["$ref"]].get("properties", {}).get(key, {})
        else:  # a key of a map
            field = field.get("additionalProperties", {})
        if not field:
            text = f"Invalid field mask: '{'.'.join(path)}' is not a field of the resource."
            raise ApiError("INVALID_ARGUMENT", text)
    return field


def _get(body: dict[str, Any], path: list[str]) -> Any:
    found: Any = body
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _set(target: dict[str, Any], path: list[str], value: Any) -> None:
    *parents, last = path
    for key in parents:
        if value is None and key not in target:
            return
        target = target.setdefault(key, {})
    if value is None:
        target.pop(last, None)
    else:
        target[last] = copy.deepcopy(value)
