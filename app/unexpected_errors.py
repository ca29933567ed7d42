"""The last resort for what nobody foresaw."""

from __future__ import annotations

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .errors import ApiError

log = structlog.stdlib.get_logger()


class UnexpectedErrors:
    """Answers 500 as JSON without details, and puts the place of the error into the log."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def send_and_note(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        except Exception:
            log.exception("unexpected error")
            if started or scope["type"] != "http":
                raise
            await ApiError(500, "internal_error", "Something went wrong here").response(scope)(
                scope, receive, send
            )
