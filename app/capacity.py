"""A bound on what runs at the same time, without a queue: whoever does not fit is told so at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .errors import ApiError


class Capacity:
    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.in_use = 0

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Held for the length of the block; raises ApiError where none is free."""
        if self.in_use >= self._limit:
            raise ApiError(
                503,
                "at_capacity",
                "This instance is answering as many requests as it may; try again",
                {"Retry-After": "1"},
            )
        self.in_use += 1
        try:
            yield
        finally:
            self.in_use -= 1
