"""Puts the application together: ``uvicorn app.main:create_app --factory``; see README.md."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial

import structlog
from fastapi import FastAPI

from . import __version__, errors, logs, telemetry
from .drain import Drain
from .key_ring import KeyRing
from .limit_guard import LimitGuard, connect
from .limit_storage import BoundedMemory
from .middleware import layers
from .observation import Observer
from .openapi import describe
from .routes import create_router
from .service import Service
from .settings import Settings, SettingsError


def create_app(environ: Mapping[str, str] = os.environ) -> FastAPI:
    """The application; ends the process with one line in the log where a setting is wrong."""
    logs.configure("INFO")
    try:
        settings = Settings.load(environ)
    except SettingsError as error:
        structlog.stdlib.get_logger().critical("bad settings", problem=str(error))
        sys.exit(1)
    logs.configure(settings.log_level)
    return build(settings)


def build(settings: Settings) -> FastAPI:
    observer = telemetry.observer(settings)
    service = Service(settings, observer)
    drain = Drain(settings.drain_seconds)
    shared_limits = _shared_limits(settings, observer)
    key_ring = KeyRing(settings, observer) if settings.api_keys_source != "none" else None

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        drain.install()
        observer.start()
        warm_up = [asyncio.create_task(service.warm_up())]
        if shared_limits:
            warm_up.append(asyncio.create_task(shared_limits.warm_up()))
        if key_ring:
            key_ring.start()
        yield
        await asyncio.gather(*warm_up)
        if key_ring:
            key_ring.stop()
        if shared_limits:
            await shared_limits.close()
        await service.close()
        await observer.close()

    docs = settings.docs == "on"
    app = FastAPI(
        title="AI API",
        version=__version__,
        telemetry=telemetry.FASTAPI,
        lifespan=lifespan,
        middleware=layers(
            settings, shared_limits or BoundedMemory(), key_ring, lambda: drain.active, observer
        ),
        exception_handlers=errors.HANDLERS,
        docs_url="/docs" if docs else None,
        redoc_url="/redoc" if docs else None,
        openapi_url="/openapi.json" if docs else None,
    )
    app.state.shared_limits = shared_limits
    app.include_router(create_router(service, key_ring, lambda: drain.active))
    describe(app, needs_key=key_ring is not None)
    return app


def _shared_limits(settings: Settings, observer: Observer) -> LimitGuard | None:
    if settings.rate_limit_store_url is None:
        return None
    return LimitGuard(
        partial(
            connect,
            settings.rate_limit_store_url.get_secret_value(),
            settings.rate_limit_store_timeout_seconds,
            settings.rate_limit_store_ca,
        ),
        observer,
        fail_closed=settings.rate_limit_store_policy == "closed",
    )
