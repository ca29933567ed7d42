"""Server-sent events: taking the provider's apart, writing our own."""

from __future__ import annotations

from typing import Any

import orjson

from .provider_errors import not_understood

MAX_EVENT_BYTES = 1024 * 1024
HEARTBEAT = b": heartbeat\n\n"
DONE = b"[DONE]"


class EventReader:
    """Cuts chunks of a stream into the data of its events."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> list[bytes]:
        """The data of all events that are complete by now; comments and other fields are left out."""
        text = self._rest + chunk
        if b"\r" in text:
            text = text.replace(b"\r\n", b"\n")
        *events, self._rest = text.split(b"\n\n")
        if len(self._rest) > MAX_EVENT_BYTES:
            raise not_understood()
        return [data for event in events if (data := _data(event))]


def _data(event: bytes) -> bytes:
    event = event.lstrip(b"\n")
    if event.startswith(b"data:") and b"\n" not in event:
        return event[5:].strip()
    lines = [line[5:].strip() for line in event.split(b"\n") if line.startswith(b"data:")]
    return b"\n".join(lines)


def write(data: bytes) -> bytes:
    return b"data: %b\n\n" % data


def write_named(name: bytes, document: Any) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name, orjson.dumps(document))
