"""A port on loopback for each listener of a load balancer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from . import ministack

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
log = logging.getLogger("balancers")
_SYNC_SECONDS = 0.5


class Listeners:
    """Open as MiniStack's configuration says. Everything here runs in the balancers' event loop."""

    def __init__(self, ports: Sequence[int], serve: Callable[[str], Serve]) -> None:
        self._alb: Any = ministack.service("alb")
        self._ports = ports
        self._serve = serve
        self._servers: dict[str, asyncio.Server] = {}
        self._reserved: dict[str, int] = {}
        self._syncing = asyncio.Lock()

    async def reserve(self, arn: str) -> int:
        """The port of a balancer's first listener: the one it had, if it comes back under its name.

        Raise ValueError if none is left.
        """
        balancer = _balancer(arn)
        live = {_balancer(other) for (*_, other), _ in self._alb._lbs.all_items()} - {balancer}
        taken = {self._reserved[name] for name in live & self._reserved.keys()} | self._open_ports()
        had = self._reserved.get(balancer)
        if had is None or had in taken:
            former = list(self._reserved.values())
            free = sorted(set(self._ports) - taken, key=lambda port: (former.count(port), port))
            if not free:
                raise ValueError(f"no port is left for load balancer {balancer} of {self._ports}")
            self._reserved[balancer] = free[0]
        return self._reserved[balancer]

    async def follow(self) -> None:
        """Keep in step, for ever."""
        while True:
            await self.sync()
            await asyncio.sleep(_SYNC_SECONDS)

    async def sync(self) -> None:
        """Open a port for each new listener and close those that are gone."""
        async with self._syncing:
            wanted = {arn for (*_, arn), _ in self._alb._listeners.all_items()}
            for arn in self._servers.keys() - wanted:
                self._servers.pop(arn).close()
            for arn in wanted - self._servers.keys():
                try:
                    self._servers[arn] = await self._open(arn)
                except (OSError, ValueError) as error:
                    log.error("listener %s cannot be opened: %s", arn, error)

    async def _open(self, arn: str) -> asyncio.Server:
        port = self._port_for(_balancer(arn))
        return await asyncio.start_server(self._serve(arn), "127.0.0.1", port, backlog=512)

    def _port_for(self, balancer: str) -> int:
        """The balancer's own port for its first listener, then any that no balancer has."""
        taken = self._open_ports()
        own = self._reserved.get(balancer)
        if own is not None and own not in taken:
            return own
        for port in self._ports:
            if port not in taken | set(self._reserved.values()):
                return port
        raise ValueError(f"all of {self._ports} are taken")

    def _open_ports(self) -> set[int]:
        return {int(server.sockets[0].getsockname()[1]) for server in self._servers.values()}


def _balancer(arn: str) -> str:
    """``region/name`` from the ARN of a load balancer or of a listener of it."""
    return f"{arn.split(':')[3]}/{arn.split('/')[2]}"
