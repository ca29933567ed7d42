"""Serves the front of a stand-in until it is told to end."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable

import uvicorn

from .asgi import App


async def serve(app: App, addresses: Iterable[tuple[str, int]], tls: tuple[str, str] | None = None) -> None:
    """Until SIGTERM or SIGINT. ``tls``: paths of the certificate chain and its key."""
    config = uvicorn.Config(
        app,
        interface="asgi3",
        proxy_headers=False,
        log_config=None,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
        ssl_certfile=tls[0] if tls else None,
        ssl_keyfile=tls[1] if tls else None,
        ssl_version=ssl.PROTOCOL_TLS_SERVER,
    )
    await uvicorn.Server(config).serve(sockets=[_listen(*address) for address in addresses])


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener
