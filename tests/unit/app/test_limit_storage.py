from __future__ import annotations

import asyncio
import time

import pytest
from limits import RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.aio.strategies import MovingWindowRateLimiter

from app.limit_storage import BoundedMemory

MINUTE = RateLimitItemPerMinute(3)


def test_counts_and_refuses() -> None:
    async def scenario() -> None:
        limiter = MovingWindowRateLimiter(BoundedMemory())
        before = time.time()
        assert [await limiter.hit(MINUTE, "a") for _ in range(4)] == [True, True, True, False]
        assert await limiter.hit(MINUTE, "b")

        full, fresh = await limiter.get_window_stats(MINUTE, "a"), await limiter.get_window_stats(MINUTE, "c")
        assert (full.remaining, fresh.remaining) == (0, 3)
        assert before + 60 <= full.reset_time <= time.time() + 60

    asyncio.run(scenario())


def test_the_window_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("app.limit_storage.time.time", lambda: now)

    async def scenario() -> None:
        nonlocal now
        limiter = MovingWindowRateLimiter(BoundedMemory())
        for moment, admitted in (
            (0, True),
            (20, True),
            (40, True),
            (59, False),
            (61, True),
            (62, False),
            (81, True),
        ):
            now = 1000.0 + moment
            assert await limiter.hit(MINUTE, "a") is admitted, moment

    asyncio.run(scenario())


def test_idle_clients_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("app.limit_storage.time.time", lambda: now)

    async def scenario() -> None:
        nonlocal now
        storage = BoundedMemory()
        limiter = MovingWindowRateLimiter(storage)
        for client in range(100):
            await limiter.hit(RateLimitItemPerSecond(5), str(client))
        assert len(storage) == 100
        now += 2
        await limiter.hit(RateLimitItemPerSecond(5), "latest")
        assert len(storage) == 1

    asyncio.run(scenario())


def test_memory_is_bounded_and_the_busiest_are_remembered() -> None:
    async def scenario() -> None:
        storage = BoundedMemory(max_keys=10)
        limiter = MovingWindowRateLimiter(storage)
        for client in range(100):
            await limiter.hit(RateLimitItemPerMinute(100), "regular")
            await limiter.hit(RateLimitItemPerMinute(100), f"passer-by {client}")
            assert len(storage) <= 10
        regular = await limiter.get_window_stats(RateLimitItemPerMinute(100), "regular")
        assert regular.remaining == 0

    asyncio.run(scenario())
