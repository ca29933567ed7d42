"""Starts the AWS stand-in: ``python -m rehearsal.aws.launcher CONFIG``, from .venv-ministack."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from pathlib import Path

from hypercorn.asyncio import serve
from hypercorn.config import Config as ServerConfig

from ..core.admin import Admin
from ..core.calls import CallLog
from ..core.faults import FaultTable
from ..core.front import Front
from . import ministack
from .config import Config
from .dialect import AwsDialect


async def run(config: Config) -> None:
    """Serve until SIGTERM or SIGINT."""
    app = ministack.load(config.port)
    loop = asyncio.get_running_loop()
    ministack.attach(app, loop)
    faults, calls = FaultTable(), CallLog()
    front = Front(app.app, AwsDialect(config.keys, {}), Admin(faults, calls, {}), faults, calls)

    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    server = ServerConfig()
    server.bind = [f"{host}:{config.port}" for host in config.hosts]
    server.accesslog = None
    server.keep_alive_timeout = 75
    await serve(_without_lifespan(front), server, shutdown_trigger=stopped.wait)


def _without_lifespan(front: Front):
    async def app(scope, receive, send):
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
