"""Which ports are taken, and by whom."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from pathlib import Path

from .errors import RehearsalError

_LISTEN = "0A"


def refuse_taken(listeners: Mapping[int, str], hosts: Iterable[str]) -> None:
    """Raise RehearsalError naming the first taken port, its holder and the variable that moves it."""
    for port, variable in listeners.items():
        for host in hosts:
            if not _is_free(host, port):
                raise RehearsalError(
                    f"Port {port} on {host} is taken by {holder(port)}. "
                    f"Stop it, or set {variable} to another port."
                )


def _is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def holder(port: int) -> str:
    """``python3 (pid 123)`` for the process listening on the port, as far as we may see it."""
    inodes = _listening_inodes(port)
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            target = str(descriptor.readlink())
        except OSError:
            continue
        if target.startswith("socket:[") and target[8:-1] in inodes:
            pid = descriptor.parts[2]
            try:
                name = Path(f"/proc/{pid}/comm").read_text().strip()
            except OSError:
                continue
            return f"{name} (pid {pid})"
    return "a process of another user"


def _listening_inodes(port: int) -> set[str]:
    inodes: set[str] = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            fields = row.split()
            if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(fields[9])
    return inodes
