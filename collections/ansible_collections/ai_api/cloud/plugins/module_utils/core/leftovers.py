"""What still carries a deployment's marks, and waiting until nothing does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from .changes import Change, as_diff
from .errors import CloudError
from .waiting import Deadline, Progress

SCHEDULED = "scheduled for deletion"


@dataclass(frozen=True)
class Owned:
    """A resource that carries the marks; ``type`` is ``service:kind``, ``state`` the vendor's or empty."""

    type: str
    id: str
    name: str
    state: str = ""

    def __str__(self) -> str:
        return f"{self.type} {self.name}" + (f" ({self.state})" if self.state else "")


class Inventory(Protocol):
    """What a cloud must be able to tell about a deployment; every call raises CloudError."""

    def find(self) -> Iterable[Owned]: ...

    def purge(self, owned: Owned) -> None:
        """Delete for good what is only scheduled for deletion and holds its name until then."""


def report(
    inventory: Inventory, *, purge: bool, wait: int | None, check: bool, progress: Progress
) -> dict[str, Any]:
    """The result of a task. ``wait``: seconds after which what is left is an error; None: any is fine."""
    found = _sorted(inventory.find())
    scheduled = [each for each in found if each.state == SCHEDULED] if purge else []
    if not check:
        for each in scheduled:
            inventory.purge(each)
        if wait is not None:
            found = _emptied(inventory, Deadline(wait), progress)
        elif scheduled:
            found = _sorted(inventory.find())
    changes = [Change(str(each), "", each.id, None) for each in scheduled]
    return {
        "changed": bool(changes),
        "resources": [asdict(each) for each in found],
        "diff": as_diff("resources that carry the marks", changes),
    }


def _emptied(inventory: Inventory, deadline: Deadline, progress: Progress) -> list[Owned]:
    left: list[Owned] = []
    for waited in deadline.polls():
        left = _sorted(inventory.find())
        if not left:
            return left
        progress.say(f"{len(left)} left: {_named(left)}", waited)
    raise CloudError(
        f"The deployment's marks are still on {len(left)} after {deadline.seconds:.0f} s: {_named(left)}",
        next_step="Run the clean-up again; what is named once more has to be removed by hand.",
    )


def _named(resources: list[Owned]) -> str:
    shown = ", ".join(map(str, resources[:20]))
    return f"{shown} and {len(resources) - 20} more" if len(resources) > 20 else shown


def _sorted(resources: Iterable[Owned]) -> list[Owned]:
    return sorted(set(resources), key=lambda each: (each.type, each.name, each.id))
