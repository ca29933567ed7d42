"""Trying again what Azure refuses for a while: another operation is at it, a role assignment is too fresh."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ..core.errors import CloudError
from ..core.waiting import Deadline, Progress
from .errors import ApiError, Cause

T = TypeVar("T")
PROPAGATION = 600.0  # seconds that Azure takes at most to make a role assignment take effect


def patiently(
    attempt: Callable[[], T],
    what: str,
    options: Mapping[str, Any],
    deadline: Deadline,
    progress: Progress,
) -> T:
    """What ``attempt`` returns; an error that will pass is waited for.

    Until ``deadline``, and for want of a role ``propagation_timeout`` seconds at most. Raises CloudError.
    """
    bound = options.get("propagation_timeout") or PROPAGATION
    began: float | None = None  # when a role was missing first
    last = CloudError(f"No time is left for {what}")
    for waited in deadline.polls():
        try:
            return attempt()
        except ApiError as error:
            cause = error.passes
            if cause is None:
                raise
            began = (began or time.monotonic()) if cause is Cause.ROLE else None
            if began and time.monotonic() - began >= bound:
                raise _gave_up(error, what, bound) from error
            last = _gave_up(error, what, deadline.seconds)
            progress.say(f"{what}: {cause.value}: {error.code}", waited)
    raise last


def _gave_up(error: ApiError, what: str, seconds: float) -> CloudError:
    if error.passes is Cause.ROLE:
        return CloudError(
            f"{error.summary}. Its role assignment has not taken effect in {seconds:.0f} s",
            code=error.code,
            request_id=error.request_id,
            next_step="See that the role is assigned (`az role assignment list --all`), or raise "
            "propagation_timeout, and run again: what is done stays done.",
        )
    return CloudError(
        f"{what.capitalize()} is still held by another operation after {seconds:.0f} s: {error.summary}",
        code=error.code,
        request_id=error.request_id,
        next_step="Run again when that has ended, or raise wait_timeout.",
    )
