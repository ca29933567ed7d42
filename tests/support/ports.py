"""Ports that nobody else uses right now."""

from __future__ import annotations

import socket
from contextlib import ExitStack


def free_ports(count: int) -> list[int]:
    """Different free ports; all are held while choosing, so none is given twice."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for listener in sockets:
            listener.bind(("127.0.0.1", 0))
        return [int(listener.getsockname()[1]) for listener in sockets]


def free_range(length: int, start: int = 20000, stop: int = 30000) -> int:
    """The first of ``length`` free ports in a row, below the range the kernel hands out by itself."""
    for first in range(start, stop, length):
        try:
            with ExitStack() as held:
                for port in range(first, first + length):
                    held.enter_context(socket.socket()).bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise RuntimeError(f"no {length} free ports in a row from {start} to {stop}")
