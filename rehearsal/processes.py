"""Processes of ours: started in the background, recognised by pid and start time, stopped only then."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .state import State

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Process:
    """A running process. ``started`` (clock ticks since boot) tells it from a later one with its pid."""

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> Process | None:
        """The process with this pid, unless it is gone or only waits to be reaped."""
        fields = _stat(pid)
        if fields is None or fields[0] in "ZX":
            return None
        return cls(pid, int(fields[19]))

    @property
    def alive(self) -> bool:
        return Process.of(self.pid) == self

    def memory(self) -> int:
        """Resident bytes, 0 when it is gone."""
        fields = _stat(self.pid)
        return int(fields[21]) * _PAGE_BYTES if fields else 0

    def cpu_seconds(self) -> float:
        """CPU time used so far, user and system."""
        fields = _stat(self.pid)
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND if fields else 0.0

    def stop(self, patience: float = 15.0) -> None:
        """SIGTERM, and SIGKILL after ``patience`` seconds. Never touches a recycled pid."""
        self._signal(signal.SIGTERM)
        if not self._gone_within(patience):
            self._signal(signal.SIGKILL)
            self._gone_within(5.0)

    def _signal(self, number: signal.Signals) -> None:
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def _gone_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.alive:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True


def _stat(pid: int) -> list[str] | None:
    """Fields of /proc/PID/stat from the state on; the command before them may hold spaces."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


class Registry:
    """The processes that this rehearsal started, remembered in its state folder."""

    def __init__(self, state: State) -> None:
        self._state = state

    def start(
        self, name: str, command: Sequence[str], environ: Mapping[str, str], cwd: Path, fingerprint: str = ""
    ) -> Process:
        """Start a process in a session of its own, its output appended to ``logs/<name>.log``."""
        with (self._state.logs / f"{name}.log").open("ab") as log:
            child = subprocess.Popen(
                command,
                cwd=cwd,
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        process = Process.of(child.pid) or Process(child.pid, 0)
        record = {"pid": process.pid, "started": process.started, "fingerprint": fingerprint}
        self._state.write(f"processes/{name}.json", record)
        return process

    def fingerprint(self, name: str) -> str | None:
        """What it was last started as, None if it never was."""
        record = self._state.read(f"processes/{name}.json")
        return record["fingerprint"] if record else None

    def recorded(self, name: str) -> Process | None:
        record = self._state.read(f"processes/{name}.json")
        return Process(record["pid"], record["started"]) if record else None

    def running(self, name: str) -> Process | None:
        process = self.recorded(name)
        return process if process and process.alive else None

    def stop(self, name: str) -> bool:
        """Stop and forget it; True if it was running."""
        process = self.running(name)
        if process:
            process.stop()
        self._state.remove(f"processes/{name}.json")
        return process is not None

    def tail(self, name: str, lines: int = 15) -> str:
        """The end of its log."""
        try:
            text = (self._state.logs / f"{name}.log").read_text(errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])
