"""Endpoints under ``/_admin`` through which commands and tests steer a stand-in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from ipaddress import ip_address

from .asgi import Request, Response
from .calls import CallLog
from .faults import Fault, FaultTable

PREFIX = "/_admin/"
Endpoint = Callable[[Request], Response]


class Admin:
    """Routes ``METHOD name`` to endpoints; a cloud adds its own as ``extra``.

    Only this machine may ask: containers reach the same port by the bridge and are refused.
    """

    def __init__(self, faults: FaultTable, calls: CallLog, extra: Mapping[str, Endpoint]) -> None:
        self._endpoints: dict[str, Endpoint] = {
            "GET health": lambda _: Response.json({"status": "healthy"}),
            "GET faults": lambda _: Response.json(faults.list()),
            "POST faults": lambda request: _set(faults, request),
            "DELETE faults": lambda _: _done(faults.clear),
            "GET calls": lambda _: Response.json(calls.list()),
            "DELETE calls": lambda _: _done(calls.clear),
            **extra,
        }

    async def __call__(self, request: Request) -> Response:
        if not ip_address(request.client).is_loopback:
            return Response.json({"error": "the admin endpoints answer this machine only"}, 403)
        name = f"{request.method} {request.path.removeprefix(PREFIX).strip('/')}"
        endpoint = self._endpoints.get(name)
        if endpoint is None:
            return Response.json({"error": f"no {name}", "endpoints": sorted(self._endpoints)}, 404)
        return await asyncio.to_thread(endpoint, request)


def _set(faults: FaultTable, request: Request) -> Response:
    try:
        faults.add(Fault(**request.json()))
    except (TypeError, ValueError) as error:
        return Response.json({"error": str(error)}, 400)
    return Response.json(faults.list(), 201)


def _done(action: Callable[[], None]) -> Response:
    action()
    return Response.json({"status": "done"})
