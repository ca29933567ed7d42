"""Limits of several processes over one real redis-server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.support.redis import Redis, running_redis
from tests.support.waiting import wait_for

from .conftest import StartApp
from .serving import App, Provider, running_workers

LIMIT = 20


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    with running_redis(tmp_path) as server:
        yield server


def test_the_limit_is_one_for_three_replicas_of_four_workers(
    tmp_path: Path, provider: Provider, key: str
) -> None:
    with ExitStack() as stack:
        redis = stack.enter_context(running_redis(tmp_path, tls=True))
        settings = {
            "OPENAI_API_KEY": key,
            "OPENAI_BASE_URL": provider.api,
            "RATE_LIMIT_PER_MINUTE": str(LIMIT),
            "RATE_LIMIT_STORE_URL": redis.url,
            "RATE_LIMIT_STORE_CA": str(redis.authority),
            "RATE_LIMIT_STORE_POLICY": "closed",  # nothing is admitted but by the store
            "RATE_LIMIT_STORE_TIMEOUT_SECONDS": "10",
            "DRAIN_SECONDS": "0",
        }
        replicas = [
            stack.enter_context(running_workers(4, settings, tmp_path / f"log-{number}"))
            for number in range(3)
        ]
        with ThreadPoolExecutor(12) as threads:
            answers = list(threads.map(lambda number: replicas[number % 3].generate(), range(100)))

    assert sorted(answer.status_code for answer in answers) == [200] * LIMIT + [429] * (100 - LIMIT)
    remaining = [int(answer.headers["X-RateLimit-Remaining"]) for answer in answers]
    assert sorted(remaining, reverse=True) == [*range(LIMIT - 1, -1, -1)] + [0] * (100 - LIMIT)
    assert provider.calls("/v1/chat/completions") == LIMIT


@pytest.fixture
def start(launch: StartApp, redis: Redis) -> Callable[[str], App]:
    return lambda policy: launch(
        RATE_LIMIT_PER_MINUTE=str(LIMIT),
        RATE_LIMIT_STORE_URL=redis.url,
        RATE_LIMIT_STORE_POLICY=policy,
        RATE_LIMIT_STORE_TIMEOUT_SECONDS="0.2",
    )


def connected(app: App) -> None:
    """Wait until the app counts in the store, not by itself."""
    wait_for(lambda: app.generate().headers["X-RateLimit-Remaining"] == "0", "the limit is reached")


@pytest.mark.parametrize(("policy", "expected"), [("local", [200] * 10), ("closed", [503] * 10)])
def test_a_hanging_store_is_noticed_by_nobody_but_the_policy(
    start: Callable[[str], App], redis: Redis, provider: Provider, policy: str, expected: list[int]
) -> None:
    app = start(policy)
    connected(app)
    redis.hang()

    with ThreadPoolExecutor(10) as threads:
        asked = [threads.submit(app.generate) for _ in range(10)]
        slowest = min(p99(app) for _ in range(3))  # the machine may be busy with something else
        answers = [answer.result() for answer in asked]

    assert [answer.status_code for answer in answers] == expected
    assert slowest < 0.05
    if policy == "closed":
        assert answers[0].json()["error"]["code"] == "limiter_unavailable"
        assert answers[0].headers["Retry-After"] == "1"
    [lost] = app.events("rate limit store lost")
    assert (lost["level"], lost["policy"]) == ("warning", policy)

    redis.resume()
    wait_for(lambda: bool(app.events("rate limit store back")), "the store is asked again", 20)
    assert app.generate().status_code == 429


def p99(app: App) -> float:
    """Seconds within which 99 of 100 health checks are answered."""
    times = []
    with httpx.Client(base_url=app.url, timeout=20) as http:
        for _ in range(100):
            started = time.perf_counter()
            assert http.get("/health").status_code == 200
            times.append(time.perf_counter() - started)
    return sorted(times)[98]


def test_without_a_store_the_service_starts_and_counts_locally(launch: StartApp, provider: Provider) -> None:
    app = launch(RATE_LIMIT_PER_MINUTE="2", RATE_LIMIT_STORE_URL="redis://127.0.0.1:1")

    assert [app.generate().status_code for _ in range(3)] == [200, 200, 429]
    assert len(app.events("rate limit store lost")) == 1
