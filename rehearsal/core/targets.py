"""Targets behind a load balancer: their health, the requests they have in hand, and how they leave."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from .upstream import Connection, ask, connect

INITIAL, HEALTHY, UNHEALTHY, DRAINING = "initial", "healthy", "unhealthy", "draining"
Address = tuple[str, int]

# A new target is asked more often than its interval says, so that a start costs what it takes and no more.
_INITIAL_SECONDS = 0.25


@dataclass(frozen=True)
class HealthCheck:
    """Seconds, counts of checks in a row, and the status codes that count as healthy (``200,202-204``)."""

    path: str = "/"
    interval: float = 30.0
    timeout: float = 5.0
    healthy_after: int = 5
    unhealthy_after: int = 2
    codes: str = "200"

    def accepts(self, status: int) -> bool:
        for part in self.codes.split(","):
            first, _, last = part.partition("-")
            if int(first) <= status <= int(last or first):
                return True
        return False


@dataclass(eq=False)
class Target:
    """One address. ``in_flight`` counts requests that it has not answered in full."""

    address: Address
    state: str = INITIAL
    reason: str = ""
    in_flight: int = 0
    requests: int = 0
    idle: list[Connection] = field(default_factory=list)
    watch: asyncio.Task[None] | None = None
    quiet: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.quiet.set()

    async def connection(self) -> Connection:
        """An idle connection, or a new one. Raise OSError if the target does not take it."""
        while self.idle:
            found = self.idle.pop()
            if found.usable:
                return found
            found.close()
        return await connect(self.address)

    def begin(self) -> None:
        self.in_flight += 1
        self.requests += 1
        self.quiet.clear()

    def end(self) -> None:
        self.in_flight -= 1
        if not self.in_flight:
            self.quiet.set()

    def close(self) -> None:
        if self.watch:
            self.watch.cancel()
        while self.idle:
            self.idle.pop().close()


class TargetPool:
    """The targets of one group. Everything here runs in the balancer's event loop.

    A request may take as long as it likes (``deadline``), if it is not silent for too long.
    ``check`` is asked before every probe, ``changed`` is called after a target's state changed.
    """

    def __init__(self, check: Callable[[], HealthCheck], changed: Callable[[], None] = lambda: None) -> None:
        self._check = check
        self.deadline: float | None = None
        self.targets: dict[Address, Target] = {}
        self._changed = changed
        self._turn = 0

    def register(self, address: Address) -> Target:
        """Add a target; it takes the place of one that was at this address before."""
        if known := self.targets.get(address):
            known.close()
        target = self.targets[address] = Target(address)
        target.watch = asyncio.create_task(self._watch(target))
        return target

    async def deregister(self, target: Target, delay: float) -> None:
        """Give it no more requests, and forget it once it has answered what it has, or after ``delay``."""
        target.state, target.reason = DRAINING, "Target deregistration is in progress"
        self._changed()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(target.quiet.wait(), delay)
        target.close()
        if self.targets.get(target.address) is target:
            del self.targets[target.address]
        self._changed()

    def pick(self) -> Target | None:
        """The next healthy target in turn; when none is healthy, an unhealthy one, as load balancers do."""
        for state in (HEALTHY, UNHEALTHY):
            ready = [target for target in self.targets.values() if target.state == state]
            if ready:
                self._turn += 1
                return ready[self._turn % len(ready)]
        return None

    async def take(self) -> Target | None:
        """The next target, with a request begun; None when there is none."""
        target = self.pick()
        if target:
            target.begin()
        return target

    def release(self, target: Target) -> None:
        """The request is over."""
        target.end()

    def close(self) -> None:
        for target in self.targets.values():
            target.close()
        self.targets.clear()

    async def _watch(self, target: Target) -> None:
        began = time.monotonic()
        good = bad = 0
        while target.state != DRAINING:
            check = self._check()
            problem = await _probe(target.address, check)
            good, bad = (0, bad + 1) if problem else (good + 1, 0)
            age = time.monotonic() - began
            self._set(target, _next_state(target.state, check, good, bad, age), problem)
            initial = target.state == INITIAL
            await asyncio.sleep(min(check.interval, _INITIAL_SECONDS) if initial else check.interval)

    def _set(self, target: Target, state: str, reason: str) -> None:
        if target.state == DRAINING:
            return
        changed = state != target.state
        target.state, target.reason = state, reason
        if changed:
            self._changed()


def _next_state(state: str, check: HealthCheck, good: int, bad: int, age: float) -> str:
    """After so many good or bad checks in a row, ``age`` seconds after its registration."""
    if state == INITIAL:
        # The first success is enough; failures count only at the pace of the interval.
        overdue = age >= check.interval * check.unhealthy_after
        return HEALTHY if good else UNHEALTHY if overdue else INITIAL
    if state == HEALTHY:
        return UNHEALTHY if bad >= check.unhealthy_after else HEALTHY
    return HEALTHY if good >= check.healthy_after else UNHEALTHY


async def _probe(address: Address, check: HealthCheck) -> str:
    """What is wrong with the target, empty if nothing."""
    try:
        async with asyncio.timeout(check.timeout):
            status = await ask(address, check.path, "ELB-HealthChecker/2.0")
    except TimeoutError:
        return "Request timed out"
    except Exception:
        return "Health checks failed"  # whatever a broken target sends
    return "" if check.accepts(status) else f"Health checks failed with these codes: [{status}]"
