"""A load balancer's data plane: one client connection at a time, streamed both ways."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

import h11

from .targets import Target, TargetPool
from .upstream import Connection

Headers = list[tuple[bytes, bytes]]
_HOP_BY_HOP = {b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"upgrade"}
_FAILED = (OSError, TimeoutError, h11.RemoteProtocolError)


@dataclass(frozen=True)
class Plain:
    """An answer of the load balancer itself."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Head:
    """What routing may look at; header names are lower-case."""

    method: str
    target: str
    headers: dict[str, str]
    client: str


@dataclass(frozen=True)
class Listener:
    """``route`` chooses for each request; ``forward`` gives the headers that the target gets.

    ``idle`` is how many seconds a connection may be silent, read for each request.
    """

    route: Callable[[Head], TargetPool | Plain]
    forward: Callable[[Head, Headers], Headers]
    idle: Callable[[], float]

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a client until it leaves, is silent for too long or stops making sense."""
        client = Connection(h11.SERVER, reader, writer)
        with contextlib.suppress(*_FAILED, h11.LocalProtocolError):
            while True:
                async with asyncio.timeout(self.idle()):
                    event = await client.receive()
                if not isinstance(event, h11.Request):
                    break
                await _Exchange(self, client, event).run()
                if not client.recycle():
                    break
        client.close()


class _Exchange:
    """One request and its answer."""

    def __init__(self, listener: Listener, client: Connection, request: h11.Request) -> None:
        self._listener = listener
        self._client = client
        self._request = request
        self._answered = False

    async def run(self) -> None:
        headers = {name.decode(): value.decode("latin-1") for name, value in self._request.headers}
        peer = self._client.writer.get_extra_info("peername")[0]
        head = Head(self._request.method.decode(), self._request.target.decode("latin-1"), headers, peer)
        chosen = self._listener.route(head)
        target = chosen.pick() if isinstance(chosen, TargetPool) else None
        if target:
            await self._forward(head, target)
        elif isinstance(chosen, Plain):
            await self._answer(chosen)
        else:
            await self._answer(_error(503, "Service Temporarily Unavailable"))

    async def _forward(self, head: Head, target: Target) -> None:
        target.begin()
        upstream: Connection | None = None
        try:
            upstream = await target.connection()
            await self._send_request(head, upstream)
            await self._relay_response(upstream)
            if upstream.recycle():
                target.idle.append(upstream)
                upstream = None
        except TimeoutError:
            await self._fail(504, "Gateway Time-out")
        except (*_FAILED, h11.LocalProtocolError):
            await self._fail(502, "Bad Gateway")
        finally:
            target.end()
            if upstream:
                upstream.close()

    async def _send_request(self, head: Head, upstream: Connection) -> None:
        kept = [(name, value) for name, value in self._request.headers if name not in _HOP_BY_HOP]
        request = self._request
        headers = self._listener.forward(head, kept)
        await upstream.send(h11.Request(method=request.method, target=request.target, headers=headers))
        if self._client.http.they_are_waiting_for_100_continue:
            await self._client.send(h11.InformationalResponse(status_code=100, headers=[]))
        while True:
            async with asyncio.timeout(self._listener.idle()):
                event = await self._client.receive()
            await upstream.send(event)
            if isinstance(event, h11.EndOfMessage):
                return

    async def _relay_response(self, upstream: Connection) -> None:
        """Raise TimeoutError when the target is silent for too long.

        When the client leaves, so does the connection to the target: it should not work for nobody.
        """
        leaving = asyncio.create_task(_leave_with(self._client, upstream))
        try:
            while True:
                async with asyncio.timeout(self._listener.idle()):
                    event = await upstream.receive()
                if isinstance(event, h11.InformationalResponse):
                    continue
                if isinstance(event, h11.Response):
                    self._answered = True
                    kept = [(name, value) for name, value in event.headers if name not in _HOP_BY_HOP]
                    event = h11.Response(status_code=event.status_code, headers=kept, reason=event.reason)
                await self._client.send(event)
                if isinstance(event, h11.EndOfMessage):
                    return
        finally:
            leaving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await leaving

    async def _fail(self, status: int, reason: str) -> None:
        """Say what went wrong, or cut a response that has begun, so that it cannot pass for whole."""
        if self._answered:
            self._client.writer.transport.abort()
        else:
            await self._answer(_error(status, reason))

    async def _answer(self, plain: Plain) -> None:
        headers = [*plain.headers, ("content-length", str(len(plain.body)))]
        await self._client.send(h11.Response(status_code=plain.status, headers=headers))
        await self._client.send(h11.Data(data=plain.body))
        await self._client.send(h11.EndOfMessage())


async def _leave_with(client: Connection, upstream: Connection) -> None:
    """Abort ``upstream`` when the client has left. What it sends ahead is kept for its next request."""
    while data := await client.reader.read(65536):
        client.http.receive_data(data)
    upstream.writer.transport.abort()


def _error(status: int, reason: str) -> Plain:
    page = (
        f"<html><head><title>{status} {reason}</title></head><body><h1>{status} {reason}</h1></body></html>"
    )
    return Plain(status, page.encode(), (("content-type", "text/html"),))
