"""What the tasks of one run share: access tokens, and what a cloud says about itself.

Ansible forks a worker for every task, so what a task learns is lost with it. The files here are opened when
the action is loaded, which happens in the parent, and every worker inherits them. They have no name and live
in memory where the system can do that: nothing is left to steal or to remove when the run ends.
"""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

MARGIN = 120.0  # seconds before its end at which a value counts as spent


class Shared:
    """Values by key, each with the time (seconds since the epoch) at which it ends."""

    def __init__(self, name: str) -> None:
        if hasattr(os, "memfd_create"):
            self._file = os.fdopen(os.memfd_create(name), "r+b", buffering=0)
        else:
            self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 open for as long as the run lasts

    def get(self, key: str, make: Callable[[], tuple[Any, float]]) -> Any:
        """The value of ``key``; where there is none, what ``make`` returns: a JSON value and its end.

        Only one worker makes it, the others wait for that.
        """
        with self._locked():
            held = self._read()
            value, end = held.get(key, (None, 0.0))
            if end - MARGIN > time.time():
                return value
            value, end = make()
            self._write({**held, key: (value, end)})
            return value

    def forget(self, key: str) -> None:
        with self._locked():
            self._write({name: held for name, held in self._read().items() if name != key})

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Of one process at a time; a process that dies gives the lock back."""
        fcntl.lockf(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN)

    def _read(self) -> dict[str, tuple[Any, float]]:
        content = os.pread(self._file.fileno(), os.fstat(self._file.fileno()).st_size, 0)
        try:
            held: dict[str, tuple[Any, float]] = json.loads(content)
        except ValueError:  # empty, or its writer was killed half-way
            return {}
        return held

    def _write(self, held: dict[str, tuple[Any, float]]) -> None:
        content = json.dumps(held).encode()
        os.ftruncate(self._file.fileno(), 0)
        os.pwrite(self._file.fileno(), content, 0)
