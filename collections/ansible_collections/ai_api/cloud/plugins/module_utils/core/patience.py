"""Trying again what a cloud refuses for a while: another operation is at it, something is too fresh."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, TypeVar

from .errors import CloudError
from .waiting import Deadline, Progress

T = TypeVar("T")
PROPAGATION = 600.0  # seconds that a cloud takes at most to make known everywhere what it has accepted


class Cause(Enum):
    """Why an error will pass by itself."""

    OPERATION = "waiting for another operation on it to end"
    ROLE = "waiting for the role assignment to take effect"
    PRINCIPAL = "waiting for the new principal to be known everywhere"
    API = "waiting for the API to be enabled everywhere"


_UNKNOWN_STILL = {
    Cause.ROLE: ("Its role assignment has not taken effect", "See that the role is assigned"),
    Cause.PRINCIPAL: ("Its principal is not known", "See that the principal exists and is spelt so"),
    Cause.API: ("The API is not enabled", "Enable it (the platform role does)"),
}


class PassingError(CloudError):
    """A failure that may pass."""

    @property
    @abstractmethod
    def passes(self) -> Cause | None:
        """What to wait for; None where waiting does not help."""


def patiently(
    attempt: Callable[[], T],
    what: str,
    options: Mapping[str, Any],
    deadline: Deadline,
    progress: Progress,
) -> T:
    """What ``attempt`` returns; an error that will pass is waited for.

    Until ``deadline``, and for what must become known ``propagation_timeout`` seconds at most.
    Raises CloudError.
    """
    bound = options.get("propagation_timeout") or PROPAGATION
    began: float | None = None  # when something was not known first
    last = CloudError(f"No time is left for {what}")
    for waited in deadline.polls():
        try:
            return attempt()
        except PassingError as error:
            cause = error.passes
            if cause is None:
                raise
            began = (began or time.monotonic()) if cause in _UNKNOWN_STILL else None
            if began and time.monotonic() - began >= bound:
                raise _gave_up(error, cause, what, bound) from error
            last = _gave_up(error, cause, what, deadline.seconds)
            progress.say(f"{what}: {cause.value}: {error.code}", waited)
    raise last


def _gave_up(error: CloudError, cause: Cause, what: str, seconds: float) -> CloudError:
    if cause in _UNKNOWN_STILL:
        still, see = _UNKNOWN_STILL[cause]
        return CloudError(
            f"{error.summary}. {still} in {seconds:.0f} s",
            code=error.code,
            request_id=error.request_id,
            next_step=f"{see}, or raise propagation_timeout, and run again: what is done stays done.",
        )
    return CloudError(
        f"{what.capitalize()} is still held by another operation after {seconds:.0f} s: {error.summary}",
        code=error.code,
        request_id=error.request_id,
        next_step="Run again when that has ended, or raise wait_timeout.",
    )
