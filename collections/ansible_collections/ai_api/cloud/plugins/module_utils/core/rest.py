"""HTTP to a cloud's API: what passes is retried, with jitter and as long as the service asks for."""

from __future__ import annotations

import random
import ssl
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

import httpx

TIMEOUT = httpx.Timeout(60.0, connect=5.0)
PASSING = frozenset({408, 429, 500, 502, 503, 504})
UNTOUCHED = frozenset({429, 503})  # the service did not begin: safe to repeat even what is not idempotent
UNREACHABLE_ATTEMPTS = 3  # an endpoint that refuses the connection is not throttling: say so soon
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 20.0  # seconds
LONGEST_ASKED = 120.0  # seconds that a service may ask us to wait

# Before the fork: reading the public CAs takes 20 ms, what httpx loads for its first client 30 ms.
_PUBLIC = httpx.create_ssl_context()
httpx.Client(verify=_PUBLIC).close()


class Rest:
    """A client that is the same for every cloud; errors of the transport are httpx's own."""

    def __init__(self, max_attempts: int, ca_file: str | None = None) -> None:
        self._max_attempts = max_attempts
        self._client = httpx.Client(verify=_trust(ca_file), timeout=TIMEOUT)

    def send(
        self, method: str, url: str, *, headers: Mapping[str, str], repeatable: bool = False, **content: Any
    ) -> httpx.Response:
        """The answer, whatever its status, after ``max_attempts`` at most. ``content`` is httpx's own.

        ``repeatable``: a POST that does no harm when it is sent again although it may have arrived.
        """
        once = method == "POST" and not repeatable
        passing = UNTOUCHED if once else PASSING
        for attempt in range(1, self._max_attempts + 1):
            last = attempt == self._max_attempts
            try:
                answer = self._client.request(method, url, headers=dict(headers), **content)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if last or attempt >= UNREACHABLE_ATTEMPTS:
                    raise
                asked = None
            except httpx.TransportError:
                if last or once:
                    raise
                asked = None
            else:
                if last or answer.status_code not in passing:
                    return answer
                asked = retry_after(answer)
            time.sleep(_pause(attempt, asked))
        raise AssertionError("max_attempts is at least 1")


def retry_after(answer: httpx.Response) -> float | None:
    """Seconds that the service asks to wait, given as such or as a date; None where it does not."""
    text = answer.headers.get("Retry-After", "")
    if text.isdigit():
        return min(float(text), LONGEST_ASKED)
    try:
        asked = (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError):
        return None
    return min(max(asked, 0.0), LONGEST_ASKED)


def _pause(attempt: int, asked: float | None) -> float:
    longest = min(FIRST_PAUSE * 2.0**attempt, LONGEST_PAUSE)
    jitter = random.uniform(0, longest)  # noqa: S311 spreads clients, keeps no secret
    return jitter if asked is None else asked + min(jitter, FIRST_PAUSE)


@lru_cache
def _trust(ca_file: str | None) -> ssl.SSLContext:
    """The public CAs, or those in ``ca_file`` alone."""
    return ssl.create_default_context(cafile=ca_file) if ca_file else _PUBLIC
