"""What a check is: a function that tells what it found, or raises what it missed."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx

from .service import Service

BUSY = "Others call from this address, or the provider limits us: verify again in a minute."


class UnmetError(Exception):
    """The service is not as expected. None of the texts may quote a prompt, an answer or a key."""

    def __init__(self, *, expected: str, found: str, next_step: str) -> None:
        super().__init__(f"expected {expected}, found {found}")
        self.expected = expected
        self.found = found
        self.next_step = next_step


class NotVerifiableError(Exception):
    """The check has nothing to look at; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Check:
    """``run`` returns the evidence in a few words, or raises UnmetError or NotVerifiableError."""

    name: str
    run: Callable[[Service], Awaitable[str]]


def expect_status(response: httpx.Response, status: int, next_step: str) -> None:
    if response.status_code != status:
        step = BUSY if response.status_code == 429 else next_step
        raise UnmetError(expected=f"status {status}", found=answered(response), next_step=step)


def json_object(response: httpx.Response, next_step: str) -> dict[str, object]:
    """The body of the response, which is a JSON object."""
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        kind = response.headers.get("Content-Type", "no content type")
        raise UnmetError(expected="a JSON object", found=f"a body of {kind}", next_step=next_step)
    return body


def answered(response: httpx.Response) -> str:
    """The status, with the service's own error code where it gave one."""
    try:
        code = response.json()["error"]["code"]
    except (ValueError, KeyError, TypeError):
        code = ""
    known = isinstance(code, str) and re.fullmatch(r"[a-z_]{1,40}", code)
    return f"status {response.status_code} ({code})" if known else f"status {response.status_code}"
