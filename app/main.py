"""Puts the application together: ``uvicorn app.main:create_app --factory``; see README.md."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI
from limits.aio.strategies import MovingWindowRateLimiter
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from . import errors, logs, rate_limit
from .drain import Drain
from .limit_storage import BoundedMemory
from .rate_limit import RateLimit
from .request_context import RequestContext
from .routes import GENERATE_PATH, create_router
from .service import Service
from .settings import Settings, SettingsError
from .unexpected_errors import UnexpectedErrors


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
    service = Service(settings)
    drain = Drain(settings.drain_seconds)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        drain.install()
        warm_up = asyncio.create_task(service.warm_up())
        yield
        await warm_up
        await service.close()

    app = FastAPI(
        title="AI API",
        lifespan=lifespan,
        middleware=_middleware(settings, drain),
        exception_handlers=errors.HANDLERS,
    )
    app.include_router(create_router(service, lambda: drain.active))
    return app


def _middleware(settings: Settings, drain: Drain) -> list[Middleware]:
    """Outermost first: whatever fails inside still gets its id, its log line and its CORS headers."""
    return [
        Middleware(
            RequestContext, trusted_hops=settings.trusted_proxy_hops, is_draining=lambda: drain.active
        ),
        Middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_credentials="*" not in settings.allowed_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
            expose_headers=["X-Request-ID", *rate_limit.HEADERS],
        ),
        Middleware(UnexpectedErrors),
        Middleware(
            RateLimit,
            path=GENERATE_PATH,
            per_minute=settings.rate_limit_per_minute,
            limiter=MovingWindowRateLimiter(BoundedMemory()),
        ),
    ]
