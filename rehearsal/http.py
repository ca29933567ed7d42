"""Requests to the stand-ins' admin endpoints."""

from __future__ import annotations

import json
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from .errors import RehearsalError

# The stand-ins are on this machine: a proxy of the user's environment must not come between.
_OPENER = build_opener(ProxyHandler({}))


def healthy(url: str) -> bool:
    """Whether the stand-in answers, and without an error of its own."""
    try:
        with _OPENER.open(url, timeout=2):
            return True
    except HTTPError as error:
        return error.code < 500
    except (OSError, ValueError):
        return False


def call(method: str, url: str, content: object = None, timeout: float = 60) -> Any:
    """The JSON answer. Raise RehearsalError when the stand-in refuses or is not there."""
    body = None if content is None else json.dumps(content).encode()
    request = Request(url, data=body, method=method, headers={"content-type": "application/json"})  # noqa: S310
    try:
        with _OPENER.open(request, timeout=timeout) as response:
            return json.loads(response.read() or b"null")
    except HTTPError as error:
        raise RehearsalError(f"{method} {url}: {error.read().decode(errors='replace')}") from error
    except URLError as error:
        raise RehearsalError(
            f"Nothing answers at {url} ({error.reason}). Start the rehearsal: python -m rehearsal up"
        ) from error
