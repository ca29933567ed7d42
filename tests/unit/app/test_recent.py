from __future__ import annotations

import asyncio
import math

import pytest

from app.recent import Recent


class Counted:
    """Fails until the call ``succeed_at``, then returns how often it was called."""

    def __init__(self, succeed_at: int = 1) -> None:
        self.calls = 0
        self._succeed_at = succeed_at

    async def __call__(self) -> int:
        self.calls += 1
        await asyncio.sleep(0)
        if self.calls < self._succeed_at:
            raise OSError("not yet")
        return self.calls


def test_concurrent_callers_share_one_computation() -> None:
    async def scenario() -> list[int]:
        recent = Recent(Counted(), keep=math.inf, keep_failure=0)
        return await asyncio.gather(*(recent.get() for _ in range(10)))

    assert asyncio.run(scenario()) == [1] * 10


def test_a_stale_value_is_computed_again() -> None:
    async def scenario() -> list[int]:
        recent = Recent(Counted(), keep=0, keep_failure=0)
        return [await recent.get(), await recent.get()]

    assert asyncio.run(scenario()) == [1, 2]


def test_a_failure_is_kept_for_its_own_time() -> None:
    async def scenario() -> None:
        kept, retried = Counted(succeed_at=2), Counted(succeed_at=2)
        stubborn = Recent(kept, keep=math.inf, keep_failure=math.inf)
        eager = Recent(retried, keep=math.inf, keep_failure=0)
        for recent in (stubborn, stubborn, eager):
            with pytest.raises(OSError, match="not yet"):
                await recent.get()
        assert await eager.get() == 2
        assert (kept.calls, retried.calls) == (1, 2)

    asyncio.run(scenario())


def test_a_failure_learnt_elsewhere_replaces_the_value() -> None:
    async def scenario() -> None:
        recent = Recent(Counted(), keep=math.inf, keep_failure=math.inf)
        await recent.get()
        recent.fail(PermissionError("revoked"))
        with pytest.raises(PermissionError):
            await recent.get()

    asyncio.run(scenario())


def test_a_cancelled_caller_leaves_the_others_unharmed() -> None:
    async def scenario() -> int:
        recent = Recent(Counted(), keep=math.inf, keep_failure=0)
        first, second = asyncio.create_task(recent.get()), asyncio.create_task(recent.get())
        await asyncio.sleep(0)
        first.cancel()
        return await second

    assert asyncio.run(scenario()) == 2
