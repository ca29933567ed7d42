"""Putting a value into a secret store only when it differs: the same flow on every cloud."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from .changes import Change, as_diff
from .errors import CloudError
from .later import later


class State(Enum):
    MISSING = "does not exist"
    SCHEDULED = "is scheduled for deletion"
    EMPTY = "has no value"
    HELD = "holds a value"


@dataclass(frozen=True)
class Secret:
    """A secret as its store has it; ``reference`` is the store's full name of it."""

    state: State
    reference: str
    version: str = ""
    value: str | None = None

    def __repr__(self) -> str:
        return f"Secret({self.reference}, {self.state.value})"  # a value in a traceback is a leak


class Store(Protocol):
    """What a cloud's secret store must be able to do; every call raises CloudError."""

    def read(self, reference: str) -> Secret: ...

    def put(self, reference: str, value: str) -> Secret: ...

    def restore(self, reference: str) -> None: ...

    def value_from(self, secret: Secret) -> Any:
        """How a container of the cloud's service takes this version of the secret."""

    def latest(self, reference: str) -> str:
        """Where an application finds the newest version, whichever that is."""


def put_value(store: Store, reference: str, value: str, *, check: bool) -> dict[str, Any]:
    """The result of a task: ``changed``, ``reference``, ``version``, ``value_from``, ``latest``, ``diff``.

    The value is in none.
    """
    if not value:
        raise CloudError(
            f"The value for secret {reference} is empty",
            next_step="Set it in the environment or the vault file that the inventory names, then run again.",
        )
    held, changes = store.read(reference), []
    if held.state is State.SCHEDULED:
        changes.append(Change(reference, "state", State.SCHEDULED.value, "restored"))
        if not check:
            store.restore(reference)
            held = store.read(reference)
    if held.state is State.MISSING and not check:
        raise CloudError(
            f"Secret {reference} does not exist",
            next_step="The secret_store role's infrastructure makes it: run the whole deployment.",
        )
    if held.value != value:
        changes.append(Change(reference, "value", f"(hidden) {held.state.value}", "(hidden) another value"))
        held = _expected(held) if check else store.put(reference, value)
    return {
        "changed": bool(changes),
        "reference": held.reference,
        "version": held.version,
        "value_from": store.value_from(held),
        "latest": store.latest(held.reference),
        "diff": as_diff(reference, changes),
    }


def _expected(held: Secret) -> Secret:
    return Secret(State.HELD, held.reference, later(f"version of {held.reference.rpartition('/')[2]}"))
