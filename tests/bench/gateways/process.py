"""A process pinned to one core: how long it took to answer, what CPU time it used, what memory it holds."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.rehearsal import ROOT

START_SECONDS = 90.0  # until a gateway must be alive
STOP_SECONDS = 15.0
POLL_SECONDS = 0.005
TICK = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Running:
    """``cold_start`` is the seconds from the start of the process to its first healthy answer."""

    pid: int
    port: int
    cold_start: float


@contextmanager
def running(
    command: Sequence[str], *, port: int, health: str, core: int, environment: Mapping[str, str], log: Path
) -> Iterator[Running]:
    """``command`` on ``core`` for the length of the block. Raises RuntimeError where it does not start."""
    with log.open("wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            ["taskset", "--cpu-list", str(core), *command],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            while not _healthy(port, health):
                if process.poll() is not None or time.perf_counter() - began > START_SECONDS:
                    raise RuntimeError(f"{command[0]} is not healthy:\n{log.read_text()[-2000:]}")
                time.sleep(POLL_SECONDS)
            yield Running(process.pid, port, time.perf_counter() - began)
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _healthy(port: int, path: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n".encode())
            return connection.recv(64).startswith(b"HTTP/1.1 200 ")
    except OSError:
        return False


def cpu_seconds(pid: int) -> float:
    """The CPU time, user and system, that the process and those below it have used."""
    fields = (Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split() for each in tree(pid))
    return sum(int(stat[11]) + int(stat[12]) for stat in fields) * TICK


def resident_bytes(pid: int) -> int:
    """The memory that the process and those below it hold."""
    pages = (int(Path(f"/proc/{each}/statm").read_text().split()[1]) for each in tree(pid))
    return sum(pages) * os.sysconf("SC_PAGE_SIZE")


def tree(pid: int) -> list[int]:
    """The process and those below it."""
    found = [pid]
    for parent in found:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            found += map(int, children.read_text().split())
    return found
