"""Ports that nobody else uses: no server, and no other test process of this machine.

They are dealt out in stretches. Who has bound the first port of one owns its rest until that process ends.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from itertools import cycle, islice

START, STOP, STRETCH = 20_000, 32_000, 80  # below the range the kernel hands out by itself
_owned: list[socket.socket] = []


def free_ports(count: int) -> list[int]:
    """Different free ports."""
    return list(islice(_singles, count))


def free_range(length: int) -> int:
    """The first of ``length`` free ports in a row, which are given to nobody else."""
    for first in range(START, STOP, STRETCH):
        if _own(first) and all(map(_is_free, range(first + 1, first + 1 + length))):
            return first + 1
    raise RuntimeError(f"no {length} free ports in a row from {START} to {STOP}")


def _one_after_the_other() -> Iterator[int]:
    length = STRETCH - 1
    first = free_range(length)
    yield from filter(_is_free, cycle(range(first, first + length)))


_singles = _one_after_the_other()


def _own(first: int) -> bool:
    guard = socket.socket()
    try:
        guard.bind(("127.0.0.1", first))
    except OSError:
        guard.close()
        return False
    _owned.append(guard)
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: no linger keeps them out
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
