"""Who a process is, told apart from a later one with the same number."""

from __future__ import annotations

import shlex
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path

SECRET_BEARING = ("-e", "--extra-vars")


@dataclass(frozen=True, slots=True)
class Process:
    """A process of some machine; ``started`` is when, in the system's words, ``since`` when it was noted."""

    pid: int
    started: str
    host: str
    user: str
    since: str
    command: str

    @classmethod
    def running(cls, pid: int, arguments: Sequence[str]) -> Process:
        """The process ``pid`` of this machine and user, which was started with ``arguments``."""
        since = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(pid, start_of(pid), socket.gethostname(), getuser(), since, shown_command(arguments))

    @property
    def is_alive(self) -> bool:
        """Whether it still runs; of another machine nobody can tell, so there it counts as alive."""
        return self.host != socket.gethostname() or (
            bool(self.started) and start_of(self.pid) == self.started
        )

    def is_same(self, other: Process) -> bool:
        return (self.pid, self.started, self.host) == (other.pid, other.started, other.host)

    def __str__(self) -> str:
        return f"process {self.pid} of {self.user} on {self.host}, since {self.since}: {self.command}"


def start_of(pid: int) -> str:
    """When the process started, as the system tells it; empty where no such process runs."""
    if Path("/proc/self/stat").exists():
        try:
            # The second field is the name in parentheses, which may hold anything.
            state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return ""
        return "" if state == "Z" else fields[18]
    asked = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip()


def shown_command(arguments: Sequence[str]) -> str:
    """The command line without the values of extra variables, which may be secrets."""
    shown: list[str] = []
    for argument in arguments:
        if shown and shown[-1] in SECRET_BEARING:
            shown.append("...")
        elif argument.startswith("--extra-vars="):
            shown.append("--extra-vars=...")
        elif argument.startswith("-e") and len(argument) > 2:
            shown.append("-e...")
        else:
            shown.append(argument if shown else Path(argument).name)
    return shlex.join(shown)
