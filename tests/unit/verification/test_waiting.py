"""Verifying where the limit of this client is already used up: waits, visibly and within a bound."""

from __future__ import annotations

import asyncio

import httpx
from ansible_collections.ai_api.cloud.plugins.module_utils.core.finding import Finding
from ansible_collections.ai_api.cloud.plugins.module_utils.verification.service import (
    Expectations,
    Service,
    connect,
)

from tests.unit.verification.flawed import ORIGIN, Flawed
from tests.unit.verification.serving import serving
from tests.unit.verification.verifying import failures, findings


class Clock:
    """The time of service and verification; it passes only while somebody waits."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.shown: list[str] = []

    def read(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def verified_as_known_client(url: str, flawed: Flawed, clock: Clock, patience: float) -> list[Finding]:
    """The findings of a client without an address of its own, as on any URL that is not on loopback."""

    async def run() -> list[Finding]:
        async with connect(url, None, 10, Expectations()) as client:
            service = Service(url, client, Expectations((ORIGIN,)), clock.shown.append, patience, clock.sleep)
            return await findings(service, flawed)

    return asyncio.run(run())


def use_up(url: str, requests: int) -> None:
    for _ in range(requests):
        httpx.post(f"{url}/generate", json={"prompt": ""})


def test_a_used_up_limit_is_waited_for_by_its_retry_after() -> None:
    clock = Clock()
    flawed = Flawed(clock=clock.read)
    with serving(flawed.app) as url:
        use_up(url, 20)
        clock.now += 25
        assert failures(verified_as_known_client(url, flawed, clock, patience=70)) == []
    assert clock.now == 1060
    assert clock.shown[0] == "waiting 35 s for requests of this client that the rate limit still counts"
    assert len(clock.shown) == 4


def test_requests_that_are_left_are_used_instead_of_waiting() -> None:
    clock = Clock()
    flawed = Flawed(clock=clock.read)
    with serving(flawed.app) as url:
        use_up(url, 8)
        assert failures(verified_as_known_client(url, flawed, clock, patience=70)) == []
    assert clock.shown == []


def test_requests_that_are_about_to_be_forgiven_do_not_blur_the_count() -> None:
    clock = Clock()
    flawed = Flawed(clock=clock.read)
    with serving(flawed.app) as url:
        use_up(url, 5)
        clock.now += 57
        assert failures(verified_as_known_client(url, flawed, clock, patience=70)) == []
    assert clock.shown == ["waiting 3 s for requests of this client that the rate limit still counts"]


def test_patience_ends() -> None:
    clock = Clock()
    flawed = Flawed(clock=clock.read)
    with serving(flawed.app) as url:
        use_up(url, 20)
        found = failures(verified_as_known_client(url, flawed, clock, patience=50))
    assert clock.shown == []
    assert "found status 429 (rate_limited)" in str(found[0])
    assert "a minute" in str(found[0])
