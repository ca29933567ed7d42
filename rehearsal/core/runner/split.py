"""Which revision a request is for."""

from __future__ import annotations

from collections.abc import Sequence

from .model import Share


class Split:
    """Smooth weighted round robin: exact over any hundred requests, and never one revision in a row for long.

    Raise ValueError when there are shares and they do not add up to 100.
    """

    def __init__(self, shares: Sequence[Share]) -> None:
        if shares and sum(share.percent for share in shares) != 100:
            raise ValueError(f"shares must add up to 100: {list(shares)}")
        self._weights = {share.revision: share.percent for share in shares if share.percent}
        self._credit = dict.fromkeys(self._weights, 0)

    @property
    def revisions(self) -> set[str]:
        return set(self._weights)

    def next(self) -> str | None:
        """The revision for the next request, None when none has a share."""
        if not self._weights:
            return None
        for revision, weight in self._weights.items():
            self._credit[revision] += weight
        chosen = max(self._credit, key=lambda revision: self._credit[revision])
        self._credit[chosen] -= 100
        return chosen
