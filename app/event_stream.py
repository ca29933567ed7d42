"""An answer as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from .errors import ApiError
from .events import HEARTBEAT


class EventStream(Response):
    """Sends each of ``pieces`` at once, and a comment after every ``heartbeat`` seconds without one.

    As long as nothing was sent, an ApiError from ``pieces`` is an ordinary answer with its status;
    later it becomes the last event, in the form that ``error_event`` gives to its document.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        pieces: AsyncGenerator[bytes, None],
        heartbeat: float,
        error_event: Callable[[dict[str, Any]], bytes],
    ) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._pieces = pieces
        self._heartbeat = heartbeat
        self._error_event = error_event
        self._started = False
        self._last_sent = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fields = scope["state"]["log_fields"]
        self._last_sent = asyncio.get_running_loop().time()
        beats = asyncio.create_task(self._beat(send))
        try:
            async with aclosing(self._pieces) as pieces:
                async for piece in pieces:
                    await self._send(send, piece)
            fields["outcome"] = "answered"
        except ApiError as error:
            fields["outcome"] = error.code
            if not self._started:
                await error.response(scope)(scope, receive, send)
                return
            await self._send(send, self._error_event(error.document(scope)))
        finally:
            beats.cancel()
        await send({"type": "http.response.body", "body": b""})

    async def _send(self, send: Send, piece: bytes) -> None:
        self._last_sent = asyncio.get_running_loop().time()
        if not self._started:
            self._started = True
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": piece, "more_body": True})

    async def _beat(self, send: Send) -> None:
        """Proxies take a silent connection for a dead one."""
        clock = asyncio.get_running_loop().time
        while True:
            pause = self._last_sent + self._heartbeat - clock()
            if pause > 0:
                await asyncio.sleep(pause)
            else:
                await self._send(send, HEARTBEAT)
