"""What a control plane tells the runner, and what the runner tells back: no cloud's own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum


@dataclass(frozen=True)
class Probe:
    """An HTTP GET, or a TCP connect where ``path`` is empty; seconds, and failures in a row that count."""

    path: str
    port: int
    initial_delay: float = 0.0
    period: float = 10.0
    timeout: float = 1.0
    failures: int = 3


@dataclass(frozen=True)
class Container:
    """``cpus`` in cores, ``memory`` in bytes. ``environ`` holds resolved secrets and is never shown.

    ``image`` is pulled, with ``login`` (user and password), when the engine does not have it. ``files`` maps
    paths in the container to files of this machine, which it sees read-only.
    """

    image: str
    environ: Mapping[str, str]
    port: int
    cpus: float
    memory: int
    command: Sequence[str] | None = None
    args: Sequence[str] | None = None
    login: tuple[str, str] | None = None
    files: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Container({self.image}, port {self.port})"


@dataclass(frozen=True)
class Scale:
    """How many instances. The rules are alternatives: the one that asks for most wins.

    ``concurrency`` is the number of requests in hand that one instance is meant to have (a target);
    ``hard_limit`` is the most that it is ever given; ``cpu`` is a share of its cores (0.7).
    """

    minimum: int
    maximum: int
    concurrency: float | None = None
    hard_limit: int | None = None
    cpu: float | None = None


@dataclass(frozen=True)
class Revision:
    """One immutable version. ``request_timeout`` in seconds; so are those of an instance that is to leave:
    ``finish_patience`` until SIGTERM while it has requests in hand, ``stop_patience`` from there to SIGKILL.
    """

    name: str
    container: Container
    scale: Scale
    startup: Probe | None
    liveness: Probe | None
    readiness: Probe | None
    request_timeout: float
    finish_patience: float
    stop_patience: int
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Share:
    """``percent`` of the requests for a revision; shares of a service add up to 100 (or there is none)."""

    revision: str
    percent: int


class Phase(Enum):
    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"
    GONE = "gone"


@dataclass(frozen=True)
class Status:
    """Of a revision: ``reason`` says what failed so that one can act on it; ``instances`` are ready ones."""

    phase: Phase
    reason: str = ""
    instances: int = 0


@dataclass(frozen=True)
class LogEntry:
    """One line that an instance wrote; ``time`` is a Unix time in seconds."""

    time: float
    revision: str
    instance: str
    line: str
