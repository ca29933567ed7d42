"""An HTTP/1.1 connection to a target, kept open between requests."""

from __future__ import annotations

import asyncio
import math
import time
from typing import Any

import h11

_READ_BYTES = 65536


class Connection:
    """h11's state machine over a pair of streams, in either role."""

    def __init__(
        self, role: type[h11.CLIENT | h11.SERVER], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.http = h11.Connection(role, max_incomplete_event_size=65536)
        self.reader = reader
        self.writer = writer
        self._unused_until = math.inf

    @property
    def usable(self) -> bool:
        """Whether it is idle, not for too long, and the other side has not closed it."""
        gone = self.reader.at_eof() or self.writer.is_closing() or time.monotonic() > self._unused_until
        return not gone and self.http.our_state is h11.IDLE

    async def send(self, event: Any) -> None:
        """Raise OSError when the other side is gone."""
        data = self.http.send(event)
        if data:
            self.writer.write(data)
            await self.writer.drain()

    async def receive(self) -> Any:
        """The next event of the message; h11.ConnectionClosed when the other side ended in order.

        Raise h11.RemoteProtocolError for half a message and for what is not HTTP.
        """
        while True:
            event = self.http.next_event()
            if event is not h11.NEED_DATA:
                return event
            self.http.receive_data(await self.reader.read(_READ_BYTES))

    def recycle(self, idle: float = math.inf) -> bool:
        """Prepare for the next message, within ``idle`` seconds; False when there can be none."""
        if self.http.our_state is h11.DONE and self.http.their_state is h11.DONE:
            self._unused_until = time.monotonic() + idle
            self.http.start_next_cycle()
            return True
        return False

    def close(self) -> None:
        self.writer.close()


async def connect(address: tuple[str, int]) -> Connection:
    """Raise OSError if the target does not take the connection within five seconds."""
    async with asyncio.timeout(5):
        reader, writer = await asyncio.open_connection(*address)
    return Connection(h11.CLIENT, reader, writer)


async def ask(address: tuple[str, int], path: str, agent: str) -> int:
    """The status of a health checker's GET. Raise what a target that is gone, or broken, makes it raise."""
    connection = await connect(address)
    try:
        headers = [("host", f"{address[0]}:{address[1]}"), ("user-agent", agent), ("connection", "close")]
        await connection.send(h11.Request(method="GET", target=path, headers=headers))
        await connection.send(h11.EndOfMessage())
        event = await connection.receive()
        while isinstance(event, h11.InformationalResponse):
            event = await connection.receive()
        return int(event.status_code)
    finally:
        connection.close()
