"""Errors that no route has answered: those of middleware, and the last resort for what nobody foresaw."""

from __future__ import annotations

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .errors import ApiError

INTERNAL_ERROR = ApiError(500, "internal_error", "Something went wrong here")

log = structlog.stdlib.get_logger()


class UnexpectedErrors:
    """Answers an ApiError as it says; all else is 500 without details, and its place goes into the log."""

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
        except Exception as error:
            if not isinstance(error, ApiError):
                log.exception("unexpected error")
            if started or scope["type"] != "http":
                raise
            answer = error if isinstance(error, ApiError) else INTERNAL_ERROR
            await answer.response(scope)(scope, receive, send)
