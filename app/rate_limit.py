"""So many requests a minute and client, before anything of the request is read."""

from __future__ import annotations

import math
import time

from limits import RateLimitItemPerMinute
from limits.aio.strategies import RateLimiter
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .client_address import limit_key
from .errors import ApiError

HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After")


class RateLimit:
    """Limits POST requests to ``path``; every answer to one says what is left.

    X-RateLimit-Reset and Retry-After are seconds until the next request is free again.
    """

    def __init__(self, app: ASGIApp, path: str, per_minute: int, limiter: RateLimiter) -> None:
        self.app = app
        self._path = path
        self._item = RateLimitItemPerMinute(per_minute)
        self._limiter = limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != self._path or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return

        key = limit_key(scope["state"]["client"])
        admitted = await self._limiter.hit(self._item, key)
        stats = await self._limiter.get_window_stats(self._item, key)
        reset = str(max(1, math.ceil(stats.reset_time - time.time())))

        async def send_with_limits(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-RateLimit-Limit"] = str(self._item.amount)
                headers["X-RateLimit-Remaining"] = str(max(0, stats.remaining))
                headers["X-RateLimit-Reset"] = reset
            await send(message)

        if admitted:
            await self.app(scope, receive, send_with_limits)
            return
        refusal = ApiError(
            429,
            "rate_limited",
            f"At most {self._item.amount} requests a minute; try again in {reset} s",
            {"Retry-After": reset},
        )
        await refusal.response(scope)(scope, receive, send_with_limits)
