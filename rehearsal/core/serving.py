"""Serves the fronts of a stand-in until it is told to end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

import uvicorn

from .asgi import App


@dataclass(frozen=True)
class Site:
    """``tls``: paths of the certificate chain and its key."""

    app: App
    addresses: list[tuple[str, int]]
    tls: tuple[str, str] | None = None


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Left to ``serve``: a server that catches signals kills the process when it has ended."""
        yield


async def serve(*sites: Site) -> None:
    """Until SIGTERM or SIGINT."""
    servers = [_Server(_configuration(site)) for site in sites]

    def stop() -> None:
        for server in servers:
            server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    listeners = [[_listen(*address) for address in site.addresses] for site in sites]
    await asyncio.gather(
        *(server.serve(sockets=sockets) for server, sockets in zip(servers, listeners, strict=True))
    )


def _configuration(site: Site) -> uvicorn.Config:
    return uvicorn.Config(
        site.app,
        interface="asgi3",
        proxy_headers=False,
        log_config=None,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
        ssl_certfile=site.tls[0] if site.tls else None,
        ssl_keyfile=site.tls[1] if site.tls else None,
        ssl_version=ssl.PROTOCOL_TLS_SERVER,
    )


def _listen(host: str, port: int) -> socket.socket:
    # Named, or asyncio does not know it for TCP and leaves Nagle on: 40 ms for every answer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener
