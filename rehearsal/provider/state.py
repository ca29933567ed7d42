"""What the stand-in knows: accepted keys, the fault in force, and counters."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from hashlib import sha256
from typing import Any, Self

SECRET_HEADERS = frozenset({"authorization", "api-key", "x-api-key", "cookie"})
REMEMBERED_REQUESTS = 200


def presented_key(headers: Mapping[str, str]) -> str:
    return headers.get("authorization", "").removeprefix("Bearer ")


def key_mark(headers: Mapping[str, str]) -> str:
    """Tells keys apart without giving them away."""
    return sha256(presented_key(headers).encode()).hexdigest()[:8]


@dataclass
class Fault:
    """Applies to requests whose path starts with ``path``, ``count`` times or until it is deleted.

    With ``model`` only to those that ask for this model. ``latency_seconds`` passes before anything
    else. Then the connection is dropped in the middle of an answer, or nothing is ever sent
    (``silent``), or ``status`` is answered, or, with none of these, the ordinary answer. A stream
    waits ``delta_seconds`` before each of its events; after so many events it is silent for
    ``pause_seconds`` (``pause_after``), reports an error (``error_after``) or loses its connection
    (``drop_after``).
    """

    path: str = "/v1/"
    model: str | None = None
    count: int | None = None
    status: int | None = None
    retry_after: float | None = None
    latency_seconds: float = 0
    delta_seconds: float = 0
    pause_after: int | None = None
    pause_seconds: float = 0
    error_after: int | None = None
    drop_after: int | None = None
    drop_connection: bool = False
    silent: bool = False

    @classmethod
    def parse(cls, document: object) -> Self:
        """Raises ValueError that says which field is unknown."""
        if not isinstance(document, dict):
            raise ValueError("expected a JSON object")
        known = {f.name for f in fields(cls)}
        if unknown := document.keys() - known:
            raise ValueError(f"unknown: {sorted(unknown)}; expected some of {sorted(known)}")
        return cls(**document)


@dataclass
class State:
    keys: frozenset[str]
    models: tuple[str, ...]
    initial_keys: frozenset[str] = field(init=False)
    fault: Fault | None = None
    paths: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    in_flight: int = 0
    max_in_flight: int = 0
    disconnects: int = 0
    recent: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=REMEMBERED_REQUESTS))

    def __post_init__(self) -> None:
        self.initial_keys = self.keys

    def reset(self) -> None:
        """Back to how it was at the start; requests in flight stay counted."""
        self.keys, self.fault = self.initial_keys, None
        self.forget_requests()

    def take_fault(self, path: str, model: object) -> Fault:
        """The fault for this request; one without effect where there is none."""
        fault = self.fault
        if fault is None or not path.startswith(fault.path) or fault.model not in (None, model):
            return Fault()
        if fault.count is not None:
            fault.count -= 1
            if fault.count <= 0:
                self.fault = None
        return fault

    def begin(self, path: str, headers: dict[str, str]) -> dict[str, Any]:
        """Count a request in; its record is completed as the request is read and answered."""
        self.paths[path] += 1
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)
        record: dict[str, Any] = {
            "path": path,
            "headers": {name: value for name, value in headers.items() if name not in SECRET_HEADERS},
            "key": key_mark(headers),
            "model": None,
            "fields": [],
            "status": None,
        }
        self.recent.append(record)
        return record

    def forget_requests(self) -> None:
        """Start counting anew; requests in flight stay counted."""
        self.paths.clear()
        self.statuses.clear()
        self.recent.clear()
        self.disconnects, self.max_in_flight = 0, self.in_flight

    def report(self) -> dict[str, Any]:
        return {
            "total": self.paths.total(),
            "paths": self.paths,
            "statuses": self.statuses,
            "in_flight": self.in_flight,
            "max_in_flight": self.max_in_flight,
            "disconnects": self.disconnects,
            "recent": list(self.recent),
        }

    def faults(self) -> list[dict[str, Any]]:
        """The fault in force, if any."""
        return [asdict(self.fault)] if self.fault else []
