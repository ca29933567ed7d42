"""AWS's lists of tags, and plain mappings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def as_dict(tags: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Of ``[{"Key": ..., "Value": ...}]``; ECS writes the keys in lower case."""
    return {tag.get("Key") or tag["key"]: tag.get("Value", tag.get("value", "")) for tag in tags}


def as_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": name, "Value": value} for name, value in tags.items()]
