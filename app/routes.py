"""The endpoints."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from starlette.responses import JSONResponse

from .errors import ApiError
from .schemas import GenerateRequest, GenerateResponse
from .service import Service

GENERATE_PATH = "/generate"


def create_router(service: Service, is_draining: Callable[[], bool]) -> APIRouter:
    router = APIRouter()

    @router.post(GENERATE_PATH)
    async def generate(body: GenerateRequest, request: Request) -> GenerateResponse:
        """Answer a prompt."""
        answer = await service.generate(body)
        request.state.log_fields.update(
            model=answer.model,
            prompt_tokens=answer.usage.prompt_tokens,
            completion_tokens=answer.usage.completion_tokens,
        )
        return answer

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
            await service.check_ready()
        except ApiError as error:
            return _unready(error.message)
        return JSONResponse({"status": "ready"})

    return router


def _unready(reason: str) -> Response:
    return JSONResponse({"status": "unready", "reason": reason}, 503)
