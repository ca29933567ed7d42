"""What every request gets, whatever becomes of it: an id, a known client, and one line in the log."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .client_address import client_address
from .observation import Observer
from .stopwatch import Stopwatch

HEALTH_PATHS = frozenset({"/health", "/health/ready"})
MAX_LOGGED_PATH = 200
OVERHEAD_HEADER = "X-Overhead-Duration-Ms"

log = structlog.stdlib.get_logger()


class RequestContext:
    """Sets ``request_id``, ``client``, ``log_fields`` and ``waiting`` in the request's state.

    Whoever handles the request may add to ``log_fields``, or overrule a field of the line; it must not
    hold content or keys. ``waiting`` is a Stopwatch for the time in which others have to act: until the
    answer begins, the rest is our overhead.
    """

    def __init__(
        self, app: ASGIApp, trusted_hops: int, is_draining: Callable[[], bool], observer: Observer
    ) -> None:
        self.app = app
        self._trusted_hops = trusted_hops
        self._is_draining = is_draining
        self._observer = observer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        started = time.perf_counter()
        request_id = accepted_id(Headers(scope=scope).get("x-request-id", "")) or uuid4().hex
        client = client_address(scope, self._trusted_hops)
        fields: dict[str, object] = {}
        waiting = Stopwatch()
        scope.setdefault("state", {}).update(
            request_id=request_id, client=client, log_fields=fields, waiting=waiting
        )
        status: int | None = None

        def overhead() -> float:
            return round((time.perf_counter() - started - waiting.seconds) * 1000, 2)

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                fields["overhead_ms"] = overhead()
                headers[OVERHEAD_HEADER] = str(fields["overhead_ms"])
                if self._is_draining():
                    headers["Connection"] = "close"
            await send(message)

        self._observer.request_began(scope)
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, send_with_id)
            finally:
                write = log.debug if scope["path"] in HEALTH_PATHS else log.info
                line = {
                    "client": client,
                    "method": scope["method"],
                    "path": scope["path"][:MAX_LOGGED_PATH],
                    "status": status,
                    "duration_ms": round((time.perf_counter() - started) * 1000, 1),
                    "overhead_ms": overhead(),
                } | fields
                write("request", **line)
                self._observer.request_ended(scope, line)


def accepted_id(proposed: str) -> str:
    """The caller's request id where it is harmless in headers and logs, else an empty text."""
    return proposed if re.fullmatch(r"[\w.:/+=@-]{1,128}", proposed, re.ASCII) else ""
