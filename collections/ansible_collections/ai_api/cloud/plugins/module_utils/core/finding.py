"""What a check found, in the one form that people, reports and tests read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check; ``found`` is the evidence, or why it was skipped.

    No field may carry a secret, a prompt or an answer: findings are shown and kept.
    """

    name: str
    outcome: Outcome
    found: str
    expected: str = ""
    next_step: str = ""
    seconds: float = 0.0

    def __str__(self) -> str:
        """One line, for example ``health: expected status 200, found status 503. Look at the log.``"""
        match self.outcome:
            case "failed":
                unmet = f"{self.name}: expected {self.expected}, found {self.found}."
                return f"{unmet} {_sentence(self.next_step)}" if self.next_step else unmet
            case "skipped":
                return f"{self.name}: skipped, {self.found}"
            case "passed":
                return f"{self.name}: {self.found}"


def failed(name: str, *, expected: str, found: str, next_step: str) -> Finding:
    return Finding(name, "failed", found, expected, next_step)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?")) else f"{text}."
