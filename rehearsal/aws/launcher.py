"""Starts the AWS stand-in: ``python -m rehearsal.aws.launcher CONFIG``, from .venv-ministack."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from pathlib import Path

from hypercorn.asyncio import serve
from hypercorn.config import Config as ServerConfig

from ..core.asgi import App, Receive, Scope, Send
from . import ministack
from .config import Config
from .stand_in import AwsStandIn


async def run(config: Config) -> None:
    """Serve until SIGTERM or SIGINT, then leave no container behind."""
    loop = asyncio.get_running_loop()
    application = ministack.load(config.port)
    ministack.attach(application, loop)
    stand_in = AwsStandIn(config, application)

    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    server = ServerConfig()
    server.bind = [f"{host}:{config.port}" for host in config.hosts]
    server.loglevel = "WARNING"
    server.graceful_timeout = 1
    server.keep_alive_timeout = 75
    await serve(_without_lifespan(stand_in.front), server, shutdown_trigger=stopped.wait)
    stand_in.close()


def _without_lifespan(front: App) -> App:
    """MiniStack's own start is left out: see ministack.py."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await front(scope, receive, send)
            return
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    return app


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(run(Config.load(Path(sys.argv[1]))))
