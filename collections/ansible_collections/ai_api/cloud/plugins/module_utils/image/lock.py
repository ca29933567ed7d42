"""One image build at a time in a project, also between several runs."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .process import Show


@contextmanager
def only_one(path: Path, show: Show) -> Iterator[None]:
    """Hold the lock file ``path``; the system gives it back when its holder ends, however that happens."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            show("waiting for the image build of another target or run")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
