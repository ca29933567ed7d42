"""Waiting that is bounded and never silent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator


class Deadline:
    """The time that one task may take, shared by everything in it that waits.

    Pauses grow from ``FIRST`` to ``LONGEST`` seconds: short enough for a stand-in, sparing for a cloud.
    ``interval`` fixes them instead, ``ask`` prolongs the next one.
    """

    FIRST = 0.1
    LONGEST = 5.0

    def __init__(self, seconds: float, interval: float | None = None) -> None:
        self.seconds = seconds
        self._interval = interval
        self._asked = 0.0
        self._end = time.monotonic() + seconds

    def ask(self, seconds: float | None) -> None:
        """The service asks for ``seconds`` until it is looked at again (Retry-After)."""
        self._asked = seconds or 0.0

    def polls(self) -> Iterator[float]:
        """Seconds since this wait began: 0 at once, then after every pause, until the time is up."""
        began = time.monotonic()
        pause = self._interval or self.FIRST
        yield 0.0
        while (left := self._end - time.monotonic()) > 0:
            time.sleep(min(self._interval or max(pause, self._asked), left))
            self._asked = 0.0
            yield time.monotonic() - began
            pause = self._interval or min(pause * 1.4, self.LONGEST)


class Progress:
    """Shows what is waited for: when it changes, and again every ``EVERY`` seconds."""

    EVERY = 15.0

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._said = ""
        self._at = 0.0

    def say(self, what: str, waited: float) -> None:
        now = time.monotonic()
        if what != self._said or now - self._at >= self.EVERY:
            self._show(f"{what} {waited:.0f} s")
            self._said, self._at = what, now
