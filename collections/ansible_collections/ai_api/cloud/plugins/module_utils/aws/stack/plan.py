"""What a deployment of a stack would change, said before it does."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...core.changes import Change, compare
from .resolve import later
from .template import Node

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ResourceChangeTypeDef

Resources = Mapping[str, Mapping[str, Node]]  # logical id -> {"Type": ..., "Properties": {...}}


@dataclass(frozen=True)
class Picture:
    """A stack as its template and parameters describe it, resolved."""

    resources: Resources = field(default_factory=dict)
    outputs: Mapping[str, Node] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


def from_templates(before: Picture, after: Picture) -> list[Change]:
    """The changes as the two templates tell them; what a replacement drags along is not in them."""
    names = [*before.resources, *(name for name in after.resources if name not in before.resources)]
    changes = [change for name in names for change in _of_resource(name, before.resources, after.resources)]
    return [*changes, *_beside_resources(before, after)]


def from_change_set(
    entries: Iterable[ResourceChangeTypeDef], before: Picture, after: Picture
) -> list[Change]:
    """The changes that CloudFormation announced.

    It gives the values where it can (IncludePropertyValues); else they are taken from the templates.
    """
    changes: list[Change] = []
    for entry in entries:
        name = entry["LogicalResourceId"]
        if "BeforeContext" in entry or "AfterContext" in entry:
            old, new = _context(entry.get("BeforeContext")), _context(entry.get("AfterContext"))
            found = compare(name, old, new)
        else:
            found = _of_resource(name, before.resources, after.resources)
        if entry.get("Action") == "Remove" and not found:
            found = [Change(name, "", entry.get("ResourceType", "resource"), None)]
        changes += found or _following(entry)
        if entry.get("Replacement") in {"True", "Conditional"}:
            verb = "is replaced" if entry["Replacement"] == "True" else "may be replaced"
            changes.append(Change(name, "(physical id)", entry.get("PhysicalResourceId"), later(verb)))
    return [*changes, *_beside_resources(before, after)]


def _of_resource(name: str, before: Resources, after: Resources) -> list[Change]:
    """With its Type as a property of it, so that one that appears or goes says what it is."""
    return compare(name, _described(before.get(name)), _described(after.get(name)))


def _described(resource: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"Type": resource["Type"], **(resource.get("Properties") or {})} if resource else {}


def _beside_resources(before: Picture, after: Picture) -> list[Change]:
    return [*compare("Outputs", before.outputs, after.outputs), *compare("Tags", before.tags, after.tags)]


def _following(entry: ResourceChangeTypeDef) -> list[Change]:
    """Properties whose text is the same, and whose value follows something else that changes."""
    changes = []
    for detail in entry.get("Details", []):
        target = detail.get("Target", {})
        what = target.get("Name") or target.get("Attribute") or "Properties"
        cause = detail.get("CausingEntity") or "a changed parameter"
        changes.append(Change(entry["LogicalResourceId"], what, f"<{cause}>", later(f"new {cause}")))
    return changes


def _context(text: str | None) -> dict[str, Any]:
    properties = (json.loads(text) if text else {}).get("Properties")
    return properties if isinstance(properties, dict) else {}
