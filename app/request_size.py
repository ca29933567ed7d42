"""How much a request may be, and how long it may take to arrive, before anything looks into it."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .errors import ApiError

MAX_HEADERS = 100
MAX_HEAD_BYTES = 32 * 1024  # the address with its query, and all headers
LEFTOVER_FACTOR = 8  # how much of a body that is too large is still read, in limits

CLOSE = {"Connection": "close"}


class RequestHead:
    """431 for too many or too large headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = scope["headers"]
            size = len(scope["raw_path"]) + len(scope["query_string"])
            size += sum(len(name) + len(value) for name, value in headers)
            if len(headers) > MAX_HEADERS or size > MAX_HEAD_BYTES:
                message = f"At most {MAX_HEADERS} headers, and {MAX_HEAD_BYTES} bytes with the address"
                raise ApiError(431, "headers_too_large", message, CLOSE)
        await self.app(scope, receive, send)


class RequestBody:
    """Reads the body, then calls the application: 413 beyond ``max_bytes``, 408 beyond ``seconds``."""

    def __init__(self, app: ASGIApp, max_bytes: int, seconds: float) -> None:
        self.app = app
        self._max_bytes = max_bytes
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _has_body(Headers(scope=scope)):
            await self.app(scope, receive, send)
            return
        try:
            with scope["state"]["waiting"]:
                body = await self._read_in_time(receive)
        except ApiError as refusal:  # answered here, so that the layers around can add what they know
            await refusal.response(scope)(scope, receive, send)
            return
        if body is None:
            return  # nobody is there any more
        given = False

        async def replay() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, replay, send)

    async def _read_in_time(self, receive: Receive) -> bytes | None:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._read(receive)
        except TimeoutError:
            message = f"The body did not arrive within {self._seconds:g} s"
            raise ApiError(408, "body_timeout", message, CLOSE) from None

    async def _read(self, receive: Receive) -> bytes | None:
        """The body; None where the caller has gone. Raises ApiError when it is too large.

        What is only somewhat too large is read to its end all the same, because a caller that is
        still sending when the connection closes never sees the answer.
        """
        chunks: list[bytes] = []
        size, more = 0, True
        while more and size <= self._max_bytes * LEFTOVER_FACTOR:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            chunk, more = message.get("body", b""), message.get("more_body", False)
            size += len(chunk)
            if size <= self._max_bytes:
                chunks.append(chunk)
            else:
                chunks.clear()
        if size > self._max_bytes:
            raise ApiError(413, "body_too_large", f"At most {self._max_bytes} bytes", CLOSE)
        return b"".join(chunks)


def _has_body(headers: Headers) -> bool:
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
