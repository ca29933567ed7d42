"""One run of a deployment at a time: a lock that no dead process can hold.

The lock is the content of a file: the process that holds it, or nothing. The file itself is never removed,
and it is read and written under flock, so that of any number of processes exactly one gets a free lock.
"""

from __future__ import annotations

import fcntl
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO

from .errors import CloudError
from .process import Process

SUFFIX = ".lock"


def default_folder(environ: Mapping[str, str]) -> Path:
    """Where the state of this user's programs belongs (XDG Base Directory Specification)."""
    state = environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "ai-api" / "locks"


def acquire(folder: Path, name: str, process: Process) -> Process | None:
    """Take the lock ``name`` for ``process``, which may hold it already.

    Returns the dead process that it was taken from, if any. Raises CloudError where a living one holds it.
    """
    with _opened(folder, name) as file:
        holder = _read(file)
        if holder and holder.is_same(process):
            return None
        if holder and holder.is_alive:
            raise CloudError(
                f"Another run works on {name}: expected no other run of the same deployment, found {holder}",
                next_step="Wait for its end, or stop it: its lock then counts no more. "
                f"Only where {holder.host} is gone for good, remove {file.name}.",
            )
        _write(file, process)
        return holder


def release_all(folder: Path, process: Process) -> None:
    """Give back every lock that ``process`` holds."""
    for path in folder.glob(f"*{SUFFIX}"):
        with _opened(folder, path.name.removesuffix(SUFFIX)) as file:
            holder = _read(file)
            if holder and holder.is_same(process):
                _write(file, None)


@contextmanager
def _opened(folder: Path, name: str) -> Iterator[IO[str]]:
    path = folder / (re.sub(r"[^A-Za-z0-9._-]+", "-", name) + SUFFIX)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        file = path.open("r+")
    except OSError as error:
        raise CloudError(
            f"Cannot lock {name}: expected a folder that can be written, found {path}: {error.strerror}",
            next_step="Make it writable, or set XDG_STATE_HOME to a folder that is.",
        ) from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _read(file: IO[str]) -> Process | None:
    """The holder; a text that was cut short belongs to a writer that died."""
    file.seek(0)
    try:
        return Process(**json.load(file))
    except (ValueError, TypeError):
        return None


def _write(file: IO[str], holder: Process | None) -> None:
    file.seek(0)
    file.truncate()
    if holder:
        json.dump(asdict(holder), file)
    file.flush()
