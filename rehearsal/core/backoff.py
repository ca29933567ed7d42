"""How long to wait before the next try."""

from __future__ import annotations


def backoff(failures: int) -> float:
    """Seconds to wait before the next start after so many failures in a row."""
    return 0.0 if failures < 3 else min(10.0, 0.5 * 2 ** (failures - 3))
