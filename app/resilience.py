"""Which model at which endpoint is tried, how often, and for how long."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from .key import ProviderKey
from .provider_errors import ProviderError, pause_before_retry

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Endpoint:
    """An OpenAI-compatible API; ``name`` is ``primary`` or ``fallback``."""

    name: str
    base_url: str
    key: ProviderKey


@dataclass(frozen=True)
class Target:
    endpoint: Endpoint
    model: str


# Tries a target for so many seconds; raises ProviderError.
Attempt = Callable[[Target, float], Awaitable[T]]


def targets(model: str, fallback_model: str, endpoints: Sequence[Endpoint]) -> list[Target]:
    """Best first: the wanted model at each endpoint, then the fallback model."""
    models = dict.fromkeys(filter(None, (model, fallback_model)))
    return [Target(endpoint, name) for name in models for endpoint in endpoints]


@dataclass(frozen=True)
class Patience:
    """How long to try: until ``deadline`` on the loop's clock, so often again, so long for each attempt."""

    deadline: float
    retries: int
    attempt_seconds: float

    def for_attempt(self, others_wait: bool) -> float:
        """Seconds; while another target waits for its turn, not more than half of what is left."""
        left = self.deadline - asyncio.get_running_loop().time()
        return min(self.attempt_seconds, left / 2 if others_wait else left)

    def pause(self, failure: ProviderError, attempt: int) -> float | None:
        """Seconds before the next attempt at the same target, or None where there should be none."""
        pause = pause_before_retry(failure, attempt)
        if pause is None or attempt == self.retries:
            return None
        return pause if asyncio.get_running_loop().time() + pause < self.deadline else None


async def first_answer(choices: Sequence[Target], attempt: Attempt[T], patience: Patience) -> T:
    """What ``attempt`` gives for the first target that answers, or the failure of the first target.

    A target is tried again where a moment may cure the failure; then the next one has its turn, where
    that may.
    """
    failures: list[ProviderError] = []
    waiting = list(choices)
    while waiting:
        target = waiting.pop(0)
        try:
            return await _persist(target, attempt, patience, bool(waiting))
        except ProviderError as failure:
            failures.append(failure)
            if not failure.elsewhere:
                break
            if failure.endpoint_down:
                waiting = [other for other in waiting if other.endpoint is not target.endpoint]
    raise failures[0]


async def _persist(target: Target, attempt: Attempt[T], patience: Patience, others_wait: bool) -> T:
    number = 0
    while True:
        try:
            return await attempt(target, patience.for_attempt(others_wait))
        except ProviderError as failure:
            pause = patience.pause(failure, number)
            if pause is None:
                raise
        await asyncio.sleep(pause)
        number += 1
