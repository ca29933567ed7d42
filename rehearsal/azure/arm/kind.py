"""A type of resource: what ARM asks of all of them, which each answers in its own way."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar

from ...core.asgi import Request, Response
from ..cloud import Cloud
from .errors import ArmError
from .ids import Path
from .locations import LOCATIONS, normal
from .store import Record


class Way(Enum):
    """How a change is answered: done, with a state to watch in the resource, or with an operation."""

    DONE = "done"
    STATE = "provisioningState"
    STATUS = "Azure-AsyncOperation"
    RESULT = "Location"


@dataclass(frozen=True)
class Change:
    """``body`` is what the resource is to be, ``before`` the record as it is, None when it is new."""

    path: Path
    name: str
    body: dict[str, Any]
    before: Record | None
    request: Request


class Kind:
    """Subclasses say what their type is called and override what is not as usual.

    ``model`` checks what is put and, unless ``shown`` is set, what is shown; ``patched`` checks a PATCH.
    """

    namespace: ClassVar[str]
    type: ClassVar[str]
    versions: ClassVar[tuple[str, ...]]
    model: ClassVar[str]
    patched: ClassVar[str] = ""
    shown: ClassVar[str] = ""
    name_pattern: ClassVar[str] = r"[A-Za-z0-9][A-Za-z0-9._-]{0,89}"
    name_code: ClassVar[str] = "InvalidResourceName"
    busy_code: ClassVar[str] = "AnotherOperationInProgress"
    creating: ClassVar[Way] = Way.DONE
    updating: ClassVar[Way | None] = None  # as creating
    patching: ClassVar[Way] = Way.DONE
    deleting: ClassVar[Way] = Way.DONE
    in_creation: ClassVar[str] = "Creating"
    in_update: ClassVar[str] = "Updating"
    in_deletion: ClassVar[str] = "Deleting"
    located: ClassVar[bool] = True
    displays_location: ClassVar[bool] = False
    id_type: ClassVar[str] = ""  # where ids spell the type differently

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    @property
    def full(self) -> str:
        return f"{self.namespace}/{self.type}"

    def identity(self, path: Path, name: str, group: str) -> str:
        return (
            f"{self.cloud.subscription}/resourceGroups/{group}/providers/{self.namespace}/"
            f"{self.id_type or self.type}/{name}"
        )

    def check(self, change: Change) -> None:
        """Raise ArmError for what the model cannot tell to be wrong."""

    def check_name(self, name: str) -> None:
        if not re.fullmatch(self.name_pattern, name):
            raise ArmError(
                400,
                self.name_code,
                f"The name '{name}' is invalid for '{self.full}': it must match {self.name_pattern}.",
                target="name",
            )

    def fill(self, record: Record, change: Change) -> None:
        """What Azure adds to a record that is new or changed: defaults, and what only it knows."""

    def work(self, record: Record) -> None:
        """What takes time after a change. Raise ArmError when it fails."""

    def remove(self, record: Record) -> None:
        """What goes with the record, which is taken away afterwards."""

    def removed_early(self, change: Record, request: Request) -> None:
        """What a DELETE does before it is answered."""

    def action(self, record: Record, steps: tuple[str, ...], request: Request) -> Response | None:
        """To what is below a record: an action or a resource of its own; None when there is no such thing."""
        return None

    def action_of_type(self, path: Path, request: Request) -> Response | None:
        """To what is asked of the type as a whole, such as deleted ones."""
        return None

    def view(self, record: Record) -> dict[str, Any]:
        """What a GET shows."""
        properties = self.properties(record)
        if record.state:
            properties = {"provisioningState": record.state, **properties}
        shown: dict[str, Any] = {"id": record.id, "name": record.name, "type": self.full}
        if self.located:
            location = normal(record.location)
            shown["location"] = LOCATIONS[location] if self.displays_location else location
        rest = {name: value for name, value in record.body.items() if name not in ("location", "properties")}
        return {**shown, **rest, "properties": properties}

    def properties(self, record: Record) -> dict[str, Any]:
        return record.properties
