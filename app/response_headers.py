"""Headers of every answer that tell browsers and caches to be careful."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CAREFUL = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]
NO_STORE = (b"cache-control", b"no-store")
TLS_ONLY = (b"strict-transport-security", b"max-age=31536000")


class ResponseHeaders:
    """Adds them; an answer's own Cache-Control stays.

    Strict-Transport-Security is for what came through TLS, as X-Forwarded-Proto says. A caller may
    forge that one only for itself, and browsers ignore the header where there is no TLS.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", ()), *CAREFUL]
                if all(name.lower() != b"cache-control" for name, _ in headers):
                    headers.append(NO_STORE)
                if _came_through_tls(scope):
                    headers.append(TLS_ONLY)
                message["headers"] = headers
            await send(message)

        await self.app(scope, receive, send_with_headers)


def _came_through_tls(scope: Scope) -> bool:
    forwarded = Headers(scope=scope).get("x-forwarded-proto", "")
    return scope["scheme"] == "https" or forwarded.rpartition(",")[2].strip() == "https"
