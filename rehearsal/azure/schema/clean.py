"""A body that passed the check, as ARM keeps it: spelt as in the model, without what only Azure may set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .tables import Tables


def clean(tables: Tables, model: str, body: Mapping[str, Any], *, nulls: bool = False) -> dict[str, Any]:
    """``nulls`` keeps them, for a PATCH that takes something away by them."""
    cleaned: dict[str, Any] = _value(tables, {"model": model}, body, nulls)
    return cleaned


def _value(tables: Tables, shape: Any, value: Any, nulls: bool) -> Any:
    if value is None or isinstance(shape, str):
        return value
    if "enum" in shape:
        return next(choice for choice in shape["enum"] if choice.casefold() == value.casefold())
    if "list" in shape:
        return [_value(tables, shape["list"], inner, nulls) for inner in value]
    if "map" in shape:
        return {name: _value(tables, shape["map"], inner, nulls) for name, inner in value.items()}
    fields = shape["fields"] if "fields" in shape else tables.fields(shape["model"])
    known = {name.casefold(): name for name in fields}
    return {
        known[name.casefold()]: _value(tables, fields[known[name.casefold()]]["type"], inner, nulls)
        for name, inner in value.items()
        if not fields[known[name.casefold()]]["read_only"] and (nulls or inner is not None)
    }


def merged(body: Any, patch: Any) -> Any:
    """JSON merge patch: null takes away, lists are replaced."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(body) if isinstance(body, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result
