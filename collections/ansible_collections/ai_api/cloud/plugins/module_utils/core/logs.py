"""Log lines, the same from every cloud."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line that an instance of the service wrote; ``source`` names the instance."""

    time: datetime
    source: str
    message: str
