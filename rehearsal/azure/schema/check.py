"""A body against a model: what ARM would not take, and where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .tables import Tables

_PLAIN: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


@dataclass(frozen=True)
class Problem:
    """``path`` as in ``properties.template.containers[0].image``."""

    path: str
    message: str


class Checker:
    """``partial``: the body of a PATCH, which may leave out anything."""

    def __init__(self, tables: Tables, *, partial: bool = False) -> None:
        self._tables = tables
        self._partial = partial

    def model(self, name: str, body: Any) -> Iterator[Problem]:
        yield from self._value({"model": name}, body, "")

    def _value(self, shape: Any, value: Any, path: str) -> Iterator[Problem]:
        if value is None or shape == "any":
            return
        if isinstance(shape, str):
            if not isinstance(value, _PLAIN[shape]) or (isinstance(value, bool) and shape != "boolean"):
                yield _mismatch(path, shape, value)
        elif "enum" in shape:
            yield from _choice(shape["enum"], value, path)
        elif "list" in shape:
            yield from self._list(shape["list"], value, path)
        elif not isinstance(value, Mapping):
            yield _mismatch(path, "object", value)
        elif "map" in shape:
            for name, inner in value.items():
                yield from self._value(shape["map"], inner, f"{path}.{name}")
        else:
            fields = shape["fields"] if "fields" in shape else self._tables.fields(shape["model"])
            yield from self._object(fields, value, path)

    def _list(self, shape: Any, value: Any, path: str) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield _mismatch(path, "array", value)
            return
        for at, inner in enumerate(value):
            yield from self._value(shape, inner, f"{path}[{at}]")

    def _object(self, fields: Mapping[str, Any], value: Mapping[str, Any], path: str) -> Iterator[Problem]:
        """Field names count whatever their case, as in ARM; what is read-only is passed over."""
        known = {name.casefold(): (name, field) for name, field in fields.items()}
        given = set()
        for name, inner in value.items():
            below = f"{path}.{name}" if path else name
            if name.casefold() not in known:
                yield Problem(below, f"Could not find member '{name}' on the object at '{path or '$'}'.")
                continue
            canonical, field = known[name.casefold()]
            if inner is not None:
                given.add(canonical)
            yield from self._value(field["type"], inner, below)
        for name, field in fields.items():
            if field["required"] and name not in given and not self._partial:
                below = f"{path}.{name}" if path else name
                yield Problem(below, f"The required property '{below}' is missing.")


def _choice(allowed: list[str], value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield _mismatch(path, "string", value)
    elif value.casefold() not in {choice.casefold() for choice in allowed}:
        yield Problem(path, f"The value '{value}' is not one of {', '.join(allowed)}.")


def _mismatch(path: str, expected: str, value: Any) -> Problem:
    found = {bool: "boolean", str: "string", dict: "object", list: "array"}.get(type(value), "number")
    return Problem(path, f"Expected {expected} and found {found}.")
