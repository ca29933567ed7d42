"""The load, in a process of its own: ``python -m tests.bench.gateways.load`` with a Job as JSON on its input.

Each of some connections, kept open, sends its next request when it has the last answer. The framing of
HTTP is read by hand, which costs a tenth of what a client library does, on a core shared with the provider.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass

import uvloop

from tests.support.rehearsal import ROOT

PATIENCE_SECONDS = 300


@dataclass(frozen=True)
class Job:
    """``requests`` in all; the first answer's ``needle`` ends the time to the first token."""

    port: int
    headers: Mapping[str, str]
    body: Mapping[str, object]
    connections: int
    requests: int
    needle: str = ""


@dataclass(frozen=True)
class Outcome:
    """Seconds of each request: to its needle, and to its end; and of all together."""

    first: list[float]
    whole: list[float]
    elapsed: float


def run(job: Job, core: int) -> Outcome:
    """Have the load made by a process on ``core``; raises RuntimeError where an answer is not a 200."""
    command = ["taskset", "--cpu-list", str(core), sys.executable, "-m", "tests.bench.gateways.load"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        input=json.dumps(asdict(job)),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    if done.returncode:
        raise RuntimeError(f"the load on port {job.port} failed: {done.stderr.strip()[-600:]}")
    return Outcome(**json.loads(done.stdout))


async def _all(job: Job) -> Outcome:
    request = _request(job)
    share = job.requests // job.connections
    began = time.perf_counter()
    connections = [_one(job, request, share) for _ in range(job.connections)]
    times = [pair for pairs in await asyncio.gather(*connections) for pair in pairs]
    elapsed = time.perf_counter() - began
    return Outcome([first for first, _ in times], [whole for _, whole in times], elapsed)


def _request(job: Job) -> bytes:
    body = json.dumps(job.body).encode()
    headers = {
        "Host": "bench",
        "Content-Type": "application/json",
        "Content-Length": len(body),
        **job.headers,
    }
    lines = ["POST /v1/chat/completions HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "\r\n"]).encode() + body


async def _one(job: Job, request: bytes, count: int) -> list[tuple[float, float]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", job.port)
    needle = job.needle.encode()
    times = []
    for _ in range(count):
        began = time.perf_counter()
        writer.write(request)
        first = 0.0
        async for part in _body(reader):
            if not first and needle in part:
                first = time.perf_counter() - began
        if not first:
            raise RuntimeError(f"an answer without {job.needle!r}")
        times.append((first, time.perf_counter() - began))
    writer.close()
    return times


async def _body(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200 "):
        raise RuntimeError(f"{head.decode()}{(await reader.read(500)).decode()}")
    headers = dict(line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:-2])
    if length := headers.get(b"content-length"):
        yield await reader.readexactly(int(length))
        return
    while size := int(await reader.readuntil(b"\r\n"), 16):
        yield (await reader.readexactly(size + 2))[:-2]
    await reader.readexactly(2)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(uvloop.run(_all(Job(**json.load(sys.stdin)))))))
