"""What a container uses, read from its control group: microseconds, where the engine's API takes a second."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

_ROOT = Path("/sys/fs/cgroup")


class Meter(Protocol):
    def memory(self) -> int:
        """Bytes in use, without the page cache where the kernel tells them apart."""

    def cpu_seconds(self) -> float:
        """CPU time used so far."""


@dataclass(frozen=True)
class ContainerMeter:
    """``cpu`` and ``memory_group`` are the container's folders, the same one with control groups v2."""

    cpu: Path
    memory_group: Path

    @classmethod
    def of(cls, pid: int) -> ContainerMeter | None:
        """The meter of the container whose first process this is, None when that is gone."""
        try:
            groups = _groups(pid)
        except OSError:
            return None
        if "" in groups and "cpuacct" not in groups:
            unified = _ROOT / groups[""].lstrip("/")
            return cls(unified, unified)
        return cls(
            _ROOT / "cpuacct" / groups["cpuacct"].lstrip("/"),
            _ROOT / "memory" / groups["memory"].lstrip("/"),
        )

    def cpu_seconds(self) -> float:
        try:
            return int((self.cpu / "cpuacct.usage").read_text()) / 1e9
        except OSError:
            return _field(self.cpu / "cpu.stat", "usage_usec") / 1e6

    def memory(self) -> int:
        group = self.memory_group
        return _field(group / "memory.stat", "total_rss") or _field(group / "memory.stat", "anon")


def _groups(pid: int) -> dict[str, str]:
    """Controller -> path, from /proc/PID/cgroup; the v2 hierarchy has the empty controller."""
    groups = {}
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        groups.update(dict.fromkeys(controllers.split(","), path))
    return groups


def _field(path: Path, name: str) -> int:
    try:
        for line in path.read_text().splitlines():
            key, _, value = line.partition(" ")
            if key == name:
                return int(value)
    except OSError:
        pass
    return 0
