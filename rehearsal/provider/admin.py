"""The remote control: faults, accepted keys, and what has been seen. For this machine only.

- ``PUT /_admin/faults`` with the fields of ``state.Fault`` replaces the fault in force (``POST`` does
  the same), ``GET`` shows it, ``DELETE`` ends it
- ``PUT /_admin/keys`` with ``{"keys": [...]}`` replaces the accepted keys
- ``GET /_admin/requests`` shows counters and recent requests, ``DELETE`` starts them anew
- ``POST /_admin/reset`` undoes all of the above
- ``GET /_admin/health``
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from ipaddress import ip_address

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .state import Fault, State

Endpoint = Callable[[Request], Awaitable[Response]]


def routes(state: State) -> list[Route]:
    async def set_fault(request: Request) -> Response:
        try:
            state.fault = Fault.parse(await request.json())
        except ValueError as problem:
            return JSONResponse({"error": str(problem)}, 400)
        return JSONResponse(state.faults(), 201)

    async def get_faults(request: Request) -> Response:
        return JSONResponse(state.faults())

    async def delete_faults(request: Request) -> Response:
        state.fault = None
        return _done()

    async def put_keys(request: Request) -> Response:
        state.keys = frozenset((await request.json())["keys"])
        return _done()

    async def get_requests(request: Request) -> Response:
        return JSONResponse(state.report())

    async def delete_requests(request: Request) -> Response:
        state.forget_requests()
        return _done()

    async def reset(request: Request) -> Response:
        state.reset()
        return _done()

    async def health(request: Request) -> Response:
        return JSONResponse({"status": "healthy"})

    endpoints: list[tuple[str, str, Endpoint]] = [
        ("GET", "health", health),
        ("GET", "faults", get_faults),
        ("PUT", "faults", set_fault),
        ("POST", "faults", set_fault),
        ("DELETE", "faults", delete_faults),
        ("PUT", "keys", put_keys),
        ("GET", "requests", get_requests),
        ("DELETE", "requests", delete_requests),
        ("POST", "reset", reset),
    ]
    return [Route(f"/_admin/{name}", _local(call), methods=[method]) for method, name, call in endpoints]


def _local(endpoint: Endpoint) -> Endpoint:
    async def guarded(request: Request) -> Response:
        if request.client is None or not ip_address(request.client.host).is_loopback:
            return JSONResponse({"error": "the admin endpoints answer this machine only"}, 403)
        return await endpoint(request)

    return guarded


def _done() -> Response:
    return JSONResponse({"status": "done"})
