"""Reading server-sent events as a client does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from .serving import PATIENCE_SECONDS, App

Event = tuple[str, Any]


@contextmanager
def streaming(
    app: App, prompt: str = "one two three", *, idle_limit: float = PATIENCE_SECONDS, request_id: str = ""
) -> Iterator[httpx.Response]:
    """A streamed /generate; the connection is closed after ``idle_limit`` seconds of silence."""
    body = {"prompt": prompt, "stream": True}
    headers = {"X-Request-ID": request_id}
    timeout = httpx.Timeout(PATIENCE_SECONDS, read=idle_limit)
    with httpx.stream("POST", f"{app.url}/generate", json=body, headers=headers, timeout=timeout) as response:
        yield response


def events(response: httpx.Response) -> Iterator[Event]:
    """Name and data of each event as it comes; a comment is an event named ``:``."""
    name = ""
    for line in response.iter_lines():
        if line.startswith(":"):
            yield ":", line[1:].strip()
        elif line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            yield name, json.loads(line[6:])


def text(received: list[Event]) -> str:
    return "".join(data["content"] for name, data in received if name == "delta")


def names(received: list[Event]) -> list[str]:
    return [name for name, _ in received]
