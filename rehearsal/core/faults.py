"""Faults that are armed from outside and taken by the calls they match."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

ANYBODY = ("throttle", "error", "slow")  # calls of those who say who they are, and of those who do not
CALLS = (*ANYBODY, "expired-token")
OPERATION = "fail-operation"
ROLE, PRINCIPAL = "role-propagation", "principal-propagation"
CONSISTENCY = "eventual-consistency"
KINDS = (*CALLS, OPERATION, ROLE, PRINCIPAL, CONSISTENCY)


@dataclass
class Fault:
    """``service``, ``action`` and ``resource`` may hold ``*``; ``count`` None means until cleared."""

    kind: str
    service: str = "*"
    action: str = "*"
    resource: str = "*"
    count: int | None = None
    seconds: float = 2.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind is {self.kind!r}, expected one of {', '.join(KINDS)}")

    def matches(self, service: str, action: str, resource: str) -> bool:
        return (
            fnmatchcase(service, self.service)
            and fnmatchcase(action, self.action)
            and fnmatchcase(resource, self.resource)
        )


class FaultTable:
    """The armed faults, in the order in which they were set. Safe to use from any thread."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def list(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def take(
        self, service: str, action: str, resource: str = "", *, kinds: Collection[str] = CALLS
    ) -> Fault | None:
        """The first fault of these ``kinds`` for this call, counted down."""
        with self._lock:
            for fault in self._faults:
                if fault.kind in kinds and fault.matches(service, action, resource):
                    if fault.count is not None:
                        fault.count -= 1
                        if fault.count <= 0:
                            self._faults.remove(fault)
                    return fault
        return None
