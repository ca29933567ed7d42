"""The endpoints."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from starlette.responses import JSONResponse

from .errors import ApiError
from .event_stream import EventStream
from .events import write_named
from .key_ring import KeyRing
from .openai_routes import create_openai_router
from .schemas import GenerateRequest, GenerateResponse
from .service import Service

GENERATE_PATH = "/generate"
EVENTS = {"text/event-stream": {"schema": {"type": "string"}}}


def create_router(service: Service, key_ring: KeyRing | None, is_draining: Callable[[], bool]) -> APIRouter:
    router = APIRouter()
    router.include_router(create_openai_router(service))

    @router.post(GENERATE_PATH, response_model=GenerateResponse, responses={200: {"content": EVENTS}})
    async def generate(body: GenerateRequest, request: Request) -> GenerateResponse | EventStream:
        """Answer a prompt, with `stream` in server-sent events: `delta` each, `usage`, `done`, or `error`."""
        state = request.scope["state"]
        if not body.stream:
            return await service.generate(body, state)
        return EventStream(
            service.stream(body, state),
            service.heartbeat,
            error_event=lambda document: write_named(b"error", document),
        )

    @router.get("/health")
    async def health() -> dict[str, str]:
        """Is this process alive? Touches nothing outside."""
        return {"status": "healthy", "timestamp": datetime.now(UTC).isoformat()}

    @router.get("/health/ready")
    async def ready() -> Response:
        """Should requests be sent here? Asks the provider, at most once in some seconds."""
        if is_draining():
            return _unready("This instance is shutting down")
        try:
            if key_ring:
                key_ring.check_ready()
            await service.check_ready()
        except ApiError as error:
            return _unready(error.message)
        return JSONResponse({"status": "ready"})

    return router


def _unready(reason: str) -> Response:
    return JSONResponse({"status": "unready", "reason": reason}, 503)
