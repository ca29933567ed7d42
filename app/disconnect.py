"""A client that has gone away wants no answer, and an answer nobody wants still costs tokens."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

CLIENT_CLOSED = 499  # nginx's status for it; only the log sees it


class CancelWhenGone:
    """Cancels the handling of a request whose client hangs up, from the moment its body has been read.

    The log line then has status 499 and the outcome ``client_closed``. Stands innermost, so that all
    other middleware ends in its own good order.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return

        handling = asyncio.current_task()
        assert handling is not None  # noqa: S101  an ASGI application runs in a task
        watch: asyncio.Task[Message] | None = None
        gone = answered = False

        def leave(watch: asyncio.Task[Message]) -> None:
            nonlocal gone
            if not watch.cancelled() and not answered:
                gone = True
                handling.cancel()

        async def receive_and_watch() -> Message:
            nonlocal watch
            if watch:
                return await asyncio.shield(watch)
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body"):
                watch = asyncio.ensure_future(_disconnected(receive))
                watch.add_done_callback(leave)
            return message

        async def send_and_note(message: Message) -> None:
            nonlocal answered
            answered = message["type"] == "http.response.body" and not message.get("more_body")
            await send(message)

        try:
            await self.app(scope, receive_and_watch, send_and_note)
        except asyncio.CancelledError:
            if not gone:
                raise
            handling.uncancel()
            scope["state"]["log_fields"].update(status=CLIENT_CLOSED, outcome="client_closed")
        finally:
            answered = True
            if watch:
                watch.cancel()


async def _disconnected(receive: Receive) -> Message:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return message
