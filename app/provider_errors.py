"""What the provider's failures mean to the caller, and which of them are worth another try."""

from __future__ import annotations

import random
import re

import openai

from .errors import ApiError, KeyRefusedError

RETRYABLE = frozenset({408, 409, 429, 500, 502, 503, 504})
FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 4.0


def as_api_error(error: openai.APIError | TimeoutError) -> ApiError:
    """An honest status without the provider's own words, which may quote the prompt or the key."""
    if isinstance(error, TimeoutError | openai.APITimeoutError):
        return ApiError(504, "provider_timeout", "The provider did not answer in time")
    if not isinstance(error, openai.APIStatusError):
        return ApiError(502, "provider_unreachable", "The connection to the provider failed")
    status = error.status_code
    if status in (401, 403):
        return KeyRefusedError()
    if status == 429:
        retry_after = _retry_after(error)
        return ApiError(
            429,
            "provider_rate_limited",
            f"The provider is out of capacity for this service{_reason(error)}",
            {"Retry-After": retry_after} if retry_after else None,
        )
    if status in (400, 422):
        return ApiError(400, "refused_by_provider", f"The provider refused this request{_reason(error)}")
    return ApiError(502, "provider_error", f"The provider answered {status}{_reason(error)}")


def pause_before_retry(error: openai.APIError, attempt: int) -> float | None:
    """Seconds to wait before the next try, or None where another try cannot help."""
    if isinstance(error, openai.APITimeoutError) or error.code == "insufficient_quota":
        return None
    pause = min(FIRST_PAUSE_SECONDS * 2**attempt, LONGEST_PAUSE_SECONDS) * random.uniform(0.5, 1)  # noqa: S311  jitter
    if isinstance(error, openai.APIStatusError):
        if error.status_code not in RETRYABLE:
            return None
        retry_after = _retry_after(error)
        if retry_after:
            pause = max(pause, float(retry_after))
    elif not isinstance(error, openai.APIConnectionError):
        return None
    return pause if pause <= LONGEST_PAUSE_SECONDS else None


def _retry_after(error: openai.APIStatusError) -> str:
    """The provider's Retry-After in seconds; empty where there is none or it is a date."""
    value = error.response.headers.get("retry-after", "")
    return value if re.fullmatch(r"\d{1,6}", value) else ""


def _reason(error: openai.APIStatusError) -> str:
    """The provider's error code, a constant such as context_length_exceeded."""
    return f" ({error.code})" if error.code and re.fullmatch(r"[a-z_]{1,64}", error.code) else ""
