"""The state folder: small JSON files that only the user can read, logs, and a lock."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .errors import RehearsalError


class State:
    """Files under one folder. Writes are atomic; a missing file reads as None."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def prepare(self) -> None:
        """Make the folder. Raise RehearsalError if it cannot be written."""
        try:
            for folder in (self.root, self.logs, self.root / "processes"):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            probe = self.root / ".probe"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise RehearsalError(
                f"The state folder {self.root} cannot be written ({error.strerror}). "
                "Make it writable, or set REHEARSAL_STATE to a folder that is."
            ) from error

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    def configuration(self, component: str) -> Path:
        """Where a component reads what it is told at its start."""
        return self.root / f"{component}.json"

    def read(self, name: str) -> dict[str, Any] | None:
        try:
            content: dict[str, Any] = json.loads((self.root / name).read_text())
        except (OSError, ValueError):
            return None
        return content

    def write(self, name: str, content: dict[str, Any]) -> Path:
        path = self.root / name
        fresh = path.with_name(f".{path.name}.new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(content, indent=2) + "\n")
        fresh.replace(path)
        return path

    def remove(self, name: str) -> None:
        (self.root / name).unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let one command change the rehearsal at a time. Raise RehearsalError if another one does."""
        with (self.root / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise RehearsalError(
                    f"Another rehearsal command is running on {self.root}. Wait for it to end."
                ) from error
            os.set_inheritable(lock.fileno(), False)
            yield
