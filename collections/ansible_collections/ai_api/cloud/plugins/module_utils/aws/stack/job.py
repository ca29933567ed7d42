"""What every step of one task on one stack shares, and waiting for the stack."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.client import BaseClient

from ...core.changes import Change
from ...core.errors import CloudError
from ...core.waiting import Deadline, Progress
from . import events, status
from .client import Stack

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef


@dataclass(frozen=True)
class Outcome:
    """What came of a task; in check mode, what would."""

    changed: bool
    status: str
    outputs: dict[str, str] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    resources: dict[str, str] | None = None  # logical id -> physical id; None: not asked for


@dataclass
class Job:
    stack: Stack
    connect: Callable[[str], BaseClient]  # service -> client
    deadline: Deadline
    progress: Progress
    check: bool = False
    diff: bool = False
    gather_resources: bool = False
    warnings: list[str] = field(default_factory=list)

    def wait(self, stack_id: str) -> StackTypeDef:
        """Until nobody works on the stack; CloudError when the time is up."""
        now = "*_IN_PROGRESS"
        for waited in self.deadline.polls():
            found = self.stack.read(stack_id)
            if found is None:
                break
            now = found["StackStatus"]
            if not status.in_progress(now):
                return found
            doing = events.current(self.stack.events(stack_id)) or now
            self.progress.say(f"{self.stack.name}: {doing}", waited)
        raise CloudError(
            f"Stack {self.stack.name} is {now} after {self.deadline.seconds:.0f} s",
            next_step="It goes on without us: run again to wait on, or raise wait_timeout.",
        )

    def failure(
        self, action: str, stack_id: str, ask_ecs: Callable[[str, datetime], str] | None = None
    ) -> CloudError:
        """``ask_ecs`` tells more about a service, by its logical id, since a time."""
        happened = self.stack.events(stack_id)
        return events.explain(action, self.stack.name, happened, self.stack.request_id, ask_ecs)
