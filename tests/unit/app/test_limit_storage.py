from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from app.limit_guard import LimitGuard
from app.limit_server import LimitServer
from app.limit_storage import BoundedMemory, Limits, LimitStore, Verdict
from app.observation import Observer
from tests.support.redis import Redis, running_redis
from tests.support.waiting import wait_for

THREE = Limits(requests=3)

Scenario = Callable[[LimitStore], Coroutine[Any, Any, None]]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    with running_redis(tmp_path_factory.mktemp("redis"), tls=True) as server:
        yield server


def server_of(server: Redis, timeout: float = 5) -> LimitServer:
    return LimitServer(server.url, timeout, server.authority.read_text() if server.authority else None)


@pytest.fixture(params=["memory", "plain", "encrypted"])
def play(request: pytest.FixtureRequest) -> Callable[[Scenario], None]:
    """Plays a scenario on each kind of store."""
    server = None if request.param == "memory" else request.getfixturevalue(request.param)

    def run(scenario: Scenario) -> None:
        async def main() -> None:
            store: LimitStore = server_of(server) if server else BoundedMemory()
            await scenario(store)
            await store.close()

        asyncio.run(main())

    return run


def test_counts_and_refuses(play: Callable[[Scenario], None]) -> None:
    async def scenario(store: LimitStore) -> None:
        verdicts = [await store.admit("counted", THREE) for _ in range(4)]

        assert [verdict.admitted for verdict in verdicts] == [True, True, True, False]
        assert [verdict.requests for verdict in verdicts] == [1, 2, 3, 3]
        assert all(0 < verdict.wait <= 60 for verdict in verdicts)
        assert (await store.admit("another", THREE)).requests == 1

    play(scenario)


def test_a_lower_limit_holds_for_what_was_counted_before(play: Callable[[Scenario], None]) -> None:
    async def scenario(store: LimitStore) -> None:
        for _ in range(3):
            await store.admit("lowered", THREE)

        verdict = await store.admit("lowered", Limits(requests=1))
        assert (verdict.admitted, verdict.requests) == (False, 3)

    play(scenario)


def test_a_budget_is_refused_when_it_is_used_up_and_then_paid_off(play: Callable[[Scenario], None]) -> None:
    limits = Limits(requests=100, tokens=1000)

    async def scenario(store: LimitStore) -> None:
        fresh = await store.admit("spender", limits)
        assert (fresh.admitted, fresh.requests, fresh.debt) == (True, 1, 0)
        await store.charge("spender", 59)
        nearly = await store.admit("spender", limits)
        assert nearly.admitted
        assert 50 < nearly.debt <= 59
        await store.charge("spender", 61)

        refused = await store.admit("spender", limits)
        assert (refused.admitted, refused.requests) == (False, 2)
        assert 110 < refused.debt <= 120
        assert (await store.admit("spender", Limits(requests=100))).admitted
        assert (await store.admit("another spender", limits)).debt == 0

    play(scenario)


def test_a_refused_request_costs_nothing(play: Callable[[Scenario], None]) -> None:
    async def scenario(store: LimitStore) -> None:
        await store.charge("patient", 60.2)
        assert not (await store.admit("patient", Limits(2, 10))).admitted
        await asyncio.sleep(0.25)
        assert (await store.admit("patient", Limits(2, 10))).requests == 1

    play(scenario)


def test_concurrent_requests_over_many_connections_are_counted_exactly(plain: Redis) -> None:
    async def scenario() -> None:
        stores = [server_of(plain) for _ in range(4)]
        questions = [store.admit("crowd", Limits(20)) for store in stores for _ in range(25)]
        assert sum(verdict.admitted for verdict in await asyncio.gather(*questions)) == 20
        for store in stores:
            await store.close()

    asyncio.run(scenario())


def test_connections_that_the_server_closed_meanwhile_are_replaced(plain: Redis) -> None:
    async def scenario() -> None:
        store = server_of(plain)
        await asyncio.gather(*(store.admit("returning", Limits(20)) for _ in range(5)))
        with redis.Redis.from_url(plain.url) as control:
            control.client_kill_filter(_type="normal", skipme=True)
        verdicts = await asyncio.gather(*(store.admit("returning", Limits(20)) for _ in range(5)))
        assert sorted(verdict.requests for verdict in verdicts) == [6, 7, 8, 9, 10]
        await store.close()

    asyncio.run(scenario())


def test_a_server_that_forgot_the_scripts_is_told_them_again(plain: Redis) -> None:
    async def scenario() -> None:
        store = server_of(plain)
        await store.admit("before", THREE)
        with redis.Redis.from_url(plain.url) as control:
            control.script_flush()
        assert (await store.admit("before", THREE)).requests == 2
        await store.close()

    asyncio.run(scenario())


def test_a_server_is_not_used_without_its_authority_and_password(encrypted: Redis) -> None:
    assert encrypted.authority is not None
    untrusted = LimitServer(encrypted.url, 5)
    wrong = encrypted.url.replace("rediss://:", "rediss://:not")
    locked = LimitServer(wrong, 5, encrypted.authority.read_text())

    for store, reason in ((untrusted, "CERTIFICATE_VERIFY_FAILED"), (locked, "password")):
        with pytest.raises(Exception, match=reason):
            asyncio.run(store.admit("anyone", THREE))


def test_the_window_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("app.limit_storage.time.time", lambda: now)

    async def scenario() -> None:
        nonlocal now
        store = BoundedMemory()
        for moment, admitted, wait in (
            (0, True, 60),
            (20, True, 40),
            (40, True, 20),
            (59, False, 1),
            (61, True, 19),
            (62, False, 18),
            (81, True, 19),
        ):
            now = 1000.0 + moment
            verdict = await store.admit("a", THREE)
            assert (verdict.admitted, verdict.wait) == (admitted, wait), moment

    asyncio.run(scenario())


def test_idle_clients_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("app.limit_storage.time.time", lambda: now)

    async def scenario() -> None:
        nonlocal now
        store = BoundedMemory()
        for client in range(100):
            await store.admit(str(client), THREE)
        assert len(store) == 100
        now += 60
        await store.admit("latest", THREE)
        assert len(store) == 1

    asyncio.run(scenario())


def test_memory_is_bounded_and_the_busiest_are_remembered() -> None:
    async def scenario() -> None:
        store = BoundedMemory(max_clients=10)
        for client in range(100):
            regular = await store.admit("regular", Limits(100))
            await store.admit(f"passer-by {client}", Limits(100))
            assert len(store) <= 10
        assert regular.requests == 100

    asyncio.run(scenario())


class Faulty(BoundedMemory):
    """Fails while it is told to, and counts how often it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.broken = False
        self.asked = 0

    async def admit(self, client: str, limits: Limits) -> Verdict:
        self.asked += 1
        if self.broken:
            raise ConnectionError("out of order")
        return await super().admit(client, limits)


def test_nobody_waits_for_a_store_that_is_known_to_be_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.limit_guard.PROBE_SECONDS", 0.05)
    shared = Faulty()

    async def scenario() -> None:
        guard = LimitGuard(lambda: shared, Observer(), fail_closed=False)
        assert (await guard.admit("a", THREE)).requests == 1
        shared.broken = True
        verdicts = [await guard.admit("a", THREE) for _ in range(4)]
        assert [verdict.admitted for verdict in verdicts] == [True, True, True, False]
        assert guard.degraded
        assert shared.asked == 2

        shared.broken = False
        await asyncio.to_thread(wait_for, lambda: not guard.degraded, "the store is asked again", 10)
        assert (await guard.admit("a", THREE)).requests == 2
        await guard.close()

    asyncio.run(scenario())


def test_a_hanging_server_costs_its_timeout_once(tmp_path: Path) -> None:
    with running_redis(tmp_path) as server:

        async def scenario() -> None:
            guard = LimitGuard(lambda: server_of(server, timeout=0.2), Observer(), fail_closed=False)
            await guard.warm_up()
            assert not guard.degraded
            server.hang()
            started = time.monotonic()
            for _ in range(50):
                await guard.admit("a", Limits(100))
            assert time.monotonic() - started < 5  # 50 timeouts would be 10 s
            assert guard.degraded
            await guard.close()

        asyncio.run(scenario())
