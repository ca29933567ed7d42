"""Stands before a cloud's API: checks who asks, counts the call, and injects the armed faults."""

from __future__ import annotations

import asyncio
from typing import Protocol

from .admin import PREFIX, Admin
from .asgi import (
    App,
    DisconnectedError,
    Receive,
    Request,
    Response,
    Scope,
    Send,
    read_request,
    replay,
    respond,
)
from .calls import Call, CallLog
from .faults import ANYBODY, CALLS, FaultTable


class Dialect(Protocol):
    """How one cloud names calls and words refusals."""

    def is_call(self, path: str) -> bool:
        """Whether this path is the cloud's API (and not, say, a push to its registry)."""

    def identify(self, request: Request) -> Call: ...

    def refuse_identity(self, request: Request, call: Call) -> Response | None:
        """The vendor's refusal of unknown credentials, None when they are right."""

    def refusal(self, kind: str, call: Call, request: Request) -> Response:
        """The vendor's words for ``throttle``, ``error`` or ``expired-token``."""

    async def answer(self, request: Request, call: Call) -> Response | None:
        """An answer to a call that the application behind the front lacks."""


class Front:
    """The ASGI application of a stand-in: its API, and its ``registry`` under /v2/."""

    def __init__(
        self,
        *,
        app: App,
        registry: App,
        dialect: Dialect,
        admin: Admin,
        faults: FaultTable,
        calls: CallLog,
    ) -> None:
        self._app = app
        self._registry = registry
        self._dialect = dialect
        self._admin = admin
        self._faults = faults
        self._calls = calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            if scope["path"].startswith(PREFIX):
                await respond(send, await self._admin(await read_request(scope, receive)))
            elif scope["path"].startswith("/v2/"):
                await self._registry(scope, receive, send)
            elif self._dialect.is_call(scope["path"]):
                await self._call(scope, receive, send)
            else:
                await self._app(scope, receive, send)
        except DisconnectedError:
            return

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = await read_request(scope, receive)
        call = self._dialect.identify(request)
        self._calls.record(call)
        response = self._dialect.refuse_identity(request, call) or await self._fault(request, call)
        response = response or await self._dialect.answer(request, call)
        if response:
            await respond(send, response)
        else:
            await self._app(scope, replay(request, receive), send)

    async def _fault(self, request: Request, call: Call) -> Response | None:
        kinds = CALLS if "authorization" in request.headers else ANYBODY
        fault = self._faults.take(call.service, call.action, kinds=kinds)
        if fault is None:
            return None
        if fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
            return None
        return self._dialect.refusal(fault.kind, call, request)
