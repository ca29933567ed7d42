"""Waiting for a condition instead of sleeping."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(condition: Callable[[], T | None], what: str, seconds: float = 60.0) -> T:
    """The first answer that is not None (nor False); AssertionError when none comes."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer is not None and answer is not False:
            return answer
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain: {what}"
        time.sleep(0.02)
