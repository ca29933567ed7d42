"""The Azure stand-in put together."""

from __future__ import annotations

from ..core.admin import Admin
from ..core.asgi import Receive, Request, Response, Scope, Send, read_request, respond
from ..core.calls import CallLog
from ..core.faults import FaultTable
from .config import Config


class AzureStandIn:
    """``front`` is its ASGI application over TLS, ``identity`` the one over plain HTTP."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._faults, self._calls = FaultTable(), CallLog()
        self._admin = Admin(self._faults, self._calls, {"POST reset": self._reset})

    async def identity(self, scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, await self._admin(await read_request(scope, receive)))

    async def front(self, scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, Response.json({"error": {"code": "NotFound"}}, 404))

    def close(self) -> None:
        """Leave no container behind."""

    def _reset(self, _: Request) -> Response:
        self._faults.clear()
        self._calls.clear()
        return Response.json({"status": "empty"})
