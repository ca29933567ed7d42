"""Programs that this collection runs: found on PATH or installed, their output shown while they work."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ..core.errors import CloudError

Show = Callable[[str], None]
TAIL_LINES = 30  # of a failed program's output, enough to hold the reason


class Finished(NamedTuple):
    code: int
    output: str

    @property
    def tail(self) -> str:
        return "\n".join(self.output.strip().splitlines()[-TAIL_LINES:])


def run(
    argv: Sequence[str], show: Show | None = None, *, env: Mapping[str, str] | None = None, stdin: str = ""
) -> Finished:
    """Run ``argv`` to its end with ``env`` added to the environment; every line it prints goes to ``show``.

    What goes to ``stdin`` is neither shown nor kept. The child stays in this process group, so interrupting
    the playbook interrupts it.
    """
    with subprocess.Popen(
        argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, **(env or {})},
    ) as process:
        assert process.stdin and process.stdout  # noqa: S101 - both are pipes
        process.stdin.write(stdin)
        process.stdin.close()
        lines = []
        for line in process.stdout:
            lines.append(line)
            if show and line.strip():
                show(line.rstrip())
    return Finished(process.returncode, "".join(lines))


def require(program: str, packages: Sequence[str], purpose: str, show: Show) -> None:
    """Make sure that ``program`` is there: root on Debian has it installed from ``packages``."""
    if shutil.which(program):
        return
    install = f"apt-get install {' '.join(packages)}"
    missing = f"{purpose} needs {program}, and there is none on PATH"
    apt = shutil.which("apt-get")
    if not apt:
        raise CloudError(missing, next_step=f"Install {program} and re-run.")
    if os.geteuid() != 0:
        raise CloudError(missing, next_step=f"Run `sudo {install}` and re-run.")
    show(f"installing {' '.join(packages)}")
    with Path(apt).open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs at once would refuse each other
        done = _installed(packages)
    if not shutil.which(program):
        raise CloudError(
            f"{missing}; `{install}` failed:\n{done.tail}", next_step=f"Install {program} and re-run."
        )


def _installed(packages: Sequence[str]) -> Finished:
    environment = {"DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update", "-qq"], env=environment)
    patient = "-oDPkg::Lock::Timeout=120"  # with the system's own upgrades
    return run(["apt-get", "install", "-qq", "--no-install-recommends", patient, *packages], env=environment)
