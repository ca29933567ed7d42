"""What a deployment of a stack would change, said before it does."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ...core.changes import Change, compare
from ...core.later import later
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
            found = compare(name, _context(entry, "BeforeContext"), _context(entry, "AfterContext"))
            telling = {"True": "is replaced", "Conditional": "may be replaced"}
        else:
            found = [*_of_resource(name, before.resources, after.resources), *_following(entry)]
            telling = {"True": "is replaced"}  # it does not know every type: its "Conditional" means little
        if replaced := telling.get(entry.get("Replacement", "")):
            found.append(Change(name, "(physical id)", entry.get("PhysicalResourceId"), later(replaced)))
        changes += found
    return [*changes, *_beside_resources(before, after)]


def _of_resource(name: str, before: Resources, after: Resources) -> list[Change]:
    old, new = before.get(name, {}), after.get(name, {})
    changes = compare(name, old.get("Properties", {}), new.get("Properties", {}))
    if old.get("Type") != new.get("Type"):
        changes.insert(0, Change(name, "", old.get("Type"), new.get("Type")))
    return changes


def _beside_resources(before: Picture, after: Picture) -> list[Change]:
    return [*compare("Outputs", before.outputs, after.outputs), *compare("Tags", before.tags, after.tags)]


def _following(entry: ResourceChangeTypeDef) -> list[Change]:
    """Properties whose text stays the same, and whose value follows another resource that is replaced.

    An attribute changes only if that is certain; the reference to a task definition, say, with every change.
    """
    changes = []
    for detail in entry.get("Details", []):
        cause, target = detail.get("CausingEntity", ""), detail.get("Target", {})
        certain = detail.get("Evaluation") == "Static" and detail.get("ChangeSource") == "ResourceAttribute"
        if cause and (certain or detail.get("ChangeSource") == "ResourceReference"):
            changes.append(
                Change(
                    entry["LogicalResourceId"], target.get("Name", ""), f"<{cause}>", later(f"new {cause}")
                )
            )
    return changes


def _context(entry: ResourceChangeTypeDef, side: Literal["BeforeContext", "AfterContext"]) -> dict[str, Any]:
    properties = json.loads(entry.get(side) or "{}").get("Properties")
    return properties if isinstance(properties, dict) else {}
