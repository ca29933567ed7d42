"""``python -m tests.bench.limiter``: CPU of the limiter for one request, in microseconds.

One request is one question to the store, which counts, decides and reports; 5000 of them, one after
the other, by one client in a window that never fills, and then in one that is full. Last, what it costs
to exchange as many bytes with the same server and nothing else: a PING of that length.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import uvloop

from app.limit_server import LimitServer
from app.limit_storage import BoundedMemory, Limits, LimitStore
from tests.support.redis import running_redis

REQUESTS = 5000
QUESTION_BYTES = 160  # of EVALSHA with its hash, keys and arguments


async def measure(store: LimitStore, limits: Limits) -> float:
    client = f"{limits.requests}"
    for _ in range(200):
        await store.admit(client, limits)
    started = time.process_time()
    for _ in range(REQUESTS):
        await store.admit(client, limits)
    return (time.process_time() - started) / REQUESTS * 1_000_000


def main() -> None:
    with TemporaryDirectory() as directory, running_redis(Path(directory)) as redis:
        stores: dict[str, Callable[[], LimitStore]] = {
            "memory": BoundedMemory,
            "redis": lambda: LimitServer(redis.url, timeout=1),
        }
        for name, make in stores.items():
            print(f"{name:8}", uvloop.run(report(make)))
        print(f"{'bare':8} exchange with redis {uvloop.run(exchange(redis.url)):.1f} us")


async def exchange(url: str) -> float:
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    text = b"x" * QUESTION_BYTES
    question = b"*2\r\n$4\r\nPING\r\n$%d\r\n%b\r\n" % (len(text), text)
    started = time.process_time()
    for _ in range(REQUESTS):
        writer.write(question)
        await reader.readuntil(text + b"\r\n")
    spent = time.process_time() - started
    writer.close()
    return spent / REQUESTS * 1_000_000


async def report(make: Callable[[], LimitStore]) -> str:
    store = make()
    cases = {
        "admitted": Limits(2 * REQUESTS),
        "with a budget of tokens": Limits(2 * REQUESTS, 1000),
        "refused": Limits(20),
    }
    figures = [f"{name} {await measure(store, limits):.1f} us" for name, limits in cases.items()]
    await store.close()
    return ", ".join(figures)


if __name__ == "__main__":
    main()
