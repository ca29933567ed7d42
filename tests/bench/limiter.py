"""``python -m tests.bench.limiter``: CPU of the limiter for one request, in microseconds.

One request is one question to the store, which counts, decides and reports; 5000 of them, one after
the other, by one client in a window that never fills, and then in one that is full.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop

from app.limit_server import LimitServer
from app.limit_storage import BoundedMemory, Limits, LimitStore
from tests.support.redis import running_redis

REQUESTS = 5000


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
