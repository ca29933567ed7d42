"""What the provider's failures mean to the caller, and what may cure them."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import Scope

from .errors import OPENAI_PREFIX, ApiError

# Worth another try at the same place.
PASSING = frozenset({408, 409, 429, 500, 502, 503, 504})
# The request itself is at fault, so the provider's words are the caller's to read.
REQUEST_AT_FAULT = frozenset({400, 404, 413, 415, 422})
# Another model or another provider may know better.
CURED_ELSEWHERE = PASSING | {401, 403, 404}

FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 4.0
MAX_WORDS_BYTES = 16 * 1024


class ProviderError(ApiError):
    """A call to the provider that gave no answer.

    ``passing``: the same call may succeed in a moment; ``elsewhere``: another model or endpoint may
    succeed; ``endpoint_down``: no model of this endpoint will. ``words`` is the provider's own
    description, kept only where it is about the caller's request.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        passing: bool = False,
        elsewhere: bool = True,
        endpoint_down: bool = False,
        words: tuple[int, bytes] | None = None,
    ) -> None:
        super().__init__(status, code, message, headers)
        self.passing = passing
        self.elsewhere = elsewhere
        self.endpoint_down = endpoint_down
        self.words = words

    def _answer(self, scope: Scope, **details: Any) -> Response:
        if self.words and scope["path"].startswith(OPENAI_PREFIX):
            status, body = self.words
            return Response(body, status, self.headers, "application/json")
        return super()._answer(scope, **details)


class NoKeyError(ProviderError):
    """There is no provider key to work with; ``reason`` is fit for everyone to read."""

    def __init__(self, reason: str) -> None:
        super().__init__(503, "no_provider_key", reason, endpoint_down=True)


class KeyRefusedError(ProviderError):
    """The provider does not accept our key."""

    def __init__(self) -> None:
        super().__init__(
            503,
            "provider_key_refused",
            "The provider does not accept this service's key",
            endpoint_down=True,
        )


def timed_out() -> ProviderError:
    return ProviderError(504, "provider_timeout", "The provider did not answer in time")


def not_connected() -> ProviderError:
    """Within the connect timeout, hence not worth the same wait again."""
    return ProviderError(504, "provider_timeout", "The provider could not be reached", endpoint_down=True)


def broken_off(*, refused: bool = False, received: bool = False) -> ProviderError:
    """The connection was refused, or lost before (or, ``received``, while) an answer came."""
    return ProviderError(
        502,
        "provider_unreachable",
        "The connection to the provider failed",
        passing=not received,
        endpoint_down=refused,
    )


def not_understood() -> ProviderError:
    return ProviderError(502, "provider_error", "The provider's answer could not be understood")


def refusal(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """For an answer that is not 200: an honest status, without words that may quote prompt or key."""
    code = _code(body)
    reason = f" ({code})" if code else ""
    if status in (401, 403):
        return KeyRefusedError()
    if status == 429:
        return ProviderError(
            429,
            "provider_rate_limited",
            f"The provider is out of capacity for this service{reason}",
            headers=_retry_after(headers),
            passing=code != "insufficient_quota",
        )
    words = (status, body) if status in REQUEST_AT_FAULT and code is not None else None
    if status in (400, 413, 415, 422):
        return ProviderError(
            400,
            "refused_by_provider",
            f"The provider refused this request{reason}",
            elsewhere=False,
            words=words,
        )
    return ProviderError(
        502,
        "provider_error",
        f"The provider answered {status}{reason}",
        headers=_retry_after(headers),
        passing=status in PASSING,
        elsewhere=status in CURED_ELSEWHERE,
        words=words,
    )


def pause_before_retry(failure: ProviderError, attempt: int) -> float | None:
    """Seconds to wait before the next try at the same place, or None where that cannot help.

    The provider's Retry-After is respected; one that is too long is the caller's to wait for.
    """
    if not failure.passing:
        return None
    pause = min(FIRST_PAUSE_SECONDS * 2**attempt, LONGEST_PAUSE_SECONDS) * random.uniform(0.5, 1)  # noqa: S311  jitter
    pause = max(pause, float((failure.headers or {}).get("Retry-After", 0)))
    return pause if pause <= LONGEST_PAUSE_SECONDS else None


def _retry_after(headers: Mapping[str, str]) -> dict[str, str] | None:
    """The provider's Retry-After where it is in seconds, not a date."""
    value = headers.get("Retry-After", "")
    return {"Retry-After": value} if re.fullmatch(r"\d{1,6}", value) else None


def _code(body: bytes) -> str | None:
    """The provider's error code, a constant such as context_length_exceeded; None where there is no error."""
    try:
        error = orjson.loads(body)["error"]
        code = error.get("code") or ""
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    return code if isinstance(code, str) and re.fullmatch(r"[a-z_]{1,64}", code) else ""
