"""A load balancer's data plane: one client connection at a time, streamed both ways."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import h11

from .targets import Target
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


class Pool(Protocol):
    """Where a request may go. ``deadline`` in seconds bounds all of it, or else its silence is bounded."""

    deadline: float | None

    async def take(self) -> Target | Plain | None:
        """A target with this request begun, once there is one; else what to answer."""

    def release(self, target: Target) -> None:
        """The request is over."""


def _page(status: int, reason: str) -> Plain:
    title = f"{status} {reason}"
    body = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Plain(status, body.encode(), (("content-type", "text/html"),))


_MISSING = _page(503, "Service Temporarily Unavailable")
_BROKEN = _page(502, "Bad Gateway")
_OVERDUE = _page(504, "Gateway Time-out")


@dataclass(frozen=True)
class Listener:
    """``route`` chooses for each request; ``forward`` gives the headers that the target gets.

    ``idle`` is how many seconds a connection may be silent, read for each request. The rest is what clients
    are told when there is no target, when one breaks, and when it takes too long.
    """

    route: Callable[[Head], Pool | Plain]
    forward: Callable[[Head, Headers], Headers]
    idle: Callable[[], float]
    missing: Plain = _MISSING
    broken: Plain = _BROKEN
    overdue: Plain = _OVERDUE

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
        if isinstance(chosen, Plain):
            await self._answer(chosen)
        else:
            await self._serve(head, chosen)

    async def _serve(self, head: Head, pool: Pool) -> None:
        try:
            async with asyncio.timeout(pool.deadline):
                target = await pool.take()
                if isinstance(target, Target):
                    try:
                        await self._forward(head, target, None if pool.deadline else self._listener.idle())
                    finally:
                        pool.release(target)
                else:
                    await self._answer(target or self._listener.missing)
        except TimeoutError:
            await self._fail(self._listener.overdue)
        except (*_FAILED, h11.LocalProtocolError):
            await self._fail(self._listener.broken)

    async def _forward(self, head: Head, target: Target, patience: float | None) -> None:
        upstream = await target.connection()
        try:
            await self._send_request(head, upstream)
            await self._relay_response(upstream, patience)
        except BaseException:
            upstream.close()
            raise
        if upstream.recycle(self._listener.idle()):
            target.idle.append(upstream)
        else:
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

    async def _relay_response(self, upstream: Connection, patience: float | None) -> None:
        """Raise TimeoutError when the target is silent for longer than ``patience``.

        When the client leaves, so does the connection to the target: it should not work for nobody.
        """
        leaving = asyncio.create_task(_leave_with(self._client, upstream))
        try:
            while True:
                async with asyncio.timeout(patience):
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

    async def _fail(self, plain: Plain) -> None:
        """Say what went wrong, or cut a response that has begun, so that it cannot pass for whole."""
        if self._answered:
            self._client.writer.transport.abort()
        else:
            await self._answer(plain)

    async def _answer(self, plain: Plain) -> None:
        headers = [*plain.headers, ("content-length", str(len(plain.body)))]
        await self._client.send(h11.Response(status_code=plain.status, headers=headers))
        if self._request.method != b"HEAD":
            await self._client.send(h11.Data(data=plain.body))
        await self._client.send(h11.EndOfMessage())


async def _leave_with(client: Connection, upstream: Connection) -> None:
    """Abort ``upstream`` when the client has left. What it sends ahead is kept for its next request."""
    while data := await client.reader.read(65536):
        client.http.receive_data(data)
    upstream.writer.transport.abort()
