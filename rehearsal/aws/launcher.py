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
from ..core.asgi import App, Receive, Request, Response, Scope, Send
from ..core.calls import CallLog
from ..core.containers import Engine
from ..core.faults import FaultTable
from ..core.front import Front
from . import ministack
from .balancers import Balancers
from .config import Config
from .dialect import Api, AwsDialect
from .ecs import install as ecs
from .ecs import types as ecs_types
from .ecs.scheduler import Scheduler
from .scaling import types as scaling_types
from .scaling.api import SIGNING_NAME, ScalingApi
from .scaling.loop import ScalingLoop
from .scaling.store import Key, Store


async def run(config: Config) -> None:
    """Serve until SIGTERM or SIGINT."""
    app = ministack.load(config.port)
    loop = asyncio.get_running_loop()
    ministack.attach(app, loop)
    engine = Engine()
    engine.remove_all(config.labels)  # of a former run that was killed
    faults, calls = FaultTable(), CallLog()
    balancers = Balancers(config.load_balancer_ports)
    scheduler = Scheduler(config, engine, balancers)
    ecs.install(scheduler)
    ecs_types.install(scheduler)
    scaling = Store()
    scaling_types.install(scaling)
    ScalingLoop(scaling, scheduler, config.minute)
    records = ministack.service("ecs")

    def exists(key: Key) -> bool:
        name = key.resource.removeprefix("service/")
        service = records._services.get_scoped(key.account, key.region, name)
        return bool(service and service["status"] == "ACTIVE")

    apis: dict[str, Api] = {SIGNING_NAME: ScalingApi(scaling, records.get_account_id(), exists)}

    def reset(_: Request) -> Response:
        scheduler.tasks.stop_all()
        app._reset_all_state()
        scaling.clear()
        faults.clear()
        calls.clear()
        return Response.json({"status": "empty"})

    admin = Admin(
        faults,
        calls,
        {
            "POST reset": reset,
            "GET load_balancers": lambda _: Response.json(balancers.urls()),
        },
    )
    front = Front(app.app, AwsDialect(config.keys, apis), admin, faults, calls)

    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    server = ServerConfig()
    server.bind = [f"{host}:{config.port}" for host in config.hosts]
    server.accesslog = None
    server.keep_alive_timeout = 75
    await serve(_without_lifespan(front), server, shutdown_trigger=stopped.wait)  # type: ignore[arg-type]
    scheduler.tasks.stop_all()


def _without_lifespan(front: Front) -> App:
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
