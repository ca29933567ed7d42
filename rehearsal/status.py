"""What runs, and what it costs."""

from __future__ import annotations

import time
from dataclasses import dataclass

from . import engine, http
from .core.meters import ContainerMeter, Meter
from .credentials import Credentials
from .errors import RehearsalError
from .lifecycle import Rehearsal


@dataclass(frozen=True)
class Row:
    """``memory`` in bytes, ``cpu`` in percent of one core."""

    what: str
    where: str
    port: str
    memory: int
    cpu: float
    healthy: bool


def rows(rehearsal: Rehearsal, seconds: float) -> list[Row]:
    """One row a process and container; the CPU is measured for ``seconds``.

    Raise RehearsalError when the rehearsal is not up.
    """
    pending: list[tuple[str, str, str, Meter, bool]] = []
    for component in rehearsal.known_components():
        process = rehearsal.registry.running(component.name)
        pending.append(
            (
                component.title,
                f"pid {process.pid}" if process else "not running",
                str(min(component.listeners)),
                process or _Nothing(),
                process is not None and http.healthy(component.health_url),
            )
        )
    connection = engine.client()
    if connection is None:
        raise RehearsalError("The container engine cannot be reached. Start it: python -m rehearsal up")
    credentials = Credentials.load(rehearsal.state)
    for container in engine.containers(connection, credentials.instance if credentials else ""):
        running = container.status == "running"
        meter = ContainerMeter.of(container.attrs["State"]["Pid"]) if running else None
        pending.append((container.name, container.short_id, "", meter or _Nothing(), running))
    return _sampled(pending, seconds)


def _sampled(pending: list[tuple[str, str, str, Meter, bool]], seconds: float) -> list[Row]:
    before = [meter.cpu_seconds() for _, _, _, meter, _ in pending]
    began = time.monotonic()
    time.sleep(seconds)
    return [
        Row(what, where, port, meter.memory(), _percent(meter.cpu_seconds() - used, began), healthy)
        for (what, where, port, meter, healthy), used in zip(pending, before, strict=True)
    ]


def _percent(seconds: float, began: float) -> float:
    return 100 * seconds / (time.monotonic() - began)


class _Nothing:
    def memory(self) -> int:
        return 0

    def cpu_seconds(self) -> float:
        return 0.0


def table(found: list[Row]) -> str:
    """The rows and their sum as text."""
    total = Row("total", "", "", sum(row.memory for row in found), sum(row.cpu for row in found), True)
    lines = [("WHAT", "WHERE", "PORT", "MEMORY", "CPU", "HEALTHY"), *map(_cells, [*found, total])]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _cells(row: Row) -> tuple[str, ...]:
    healthy = "yes" if row.healthy else "NO"
    return row.what, row.where, row.port, f"{row.memory / 1e6:.0f} MB", f"{row.cpu:.1f} %", healthy
