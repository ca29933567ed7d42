"""The endpoints that OpenAI's clients expect below their base URL, ``/v1``."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from starlette.responses import JSONResponse

from .chat import check_model, of_client
from .event_stream import EventStream
from .events import write
from .service import Service

CHAT_PATH = "/v1/chat/completions"
MODELS_PATH = "/v1/models"

CHAT_BODY = {
    "type": "object",
    "required": ["model", "messages"],
    "properties": {
        "model": {"type": "string", "minLength": 1},
        "messages": {"type": "array", "minItems": 1, "items": {"type": "object"}},
        "stream": {"type": ["boolean", "null"]},
        "stream_options": {"type": ["object", "null"]},
    },
}
CHAT_DESCRIPTION = {"requestBody": {"required": True, "content": {"application/json": {"schema": CHAT_BODY}}}}
CHAT_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "application/json": {"schema": {"type": "object"}},
            "text/event-stream": {"schema": {"type": "string"}},
        }
    }
}


def create_openai_router(service: Service) -> APIRouter:
    router = APIRouter()

    @router.post(CHAT_PATH, responses=CHAT_ANSWER, openapi_extra=CHAT_DESCRIPTION)
    async def chat_completions(request: Request) -> Response:
        """OpenAI's chat completions, whole or in server-sent events; parameters go through as they are."""
        document = of_client(await request.body(), service.models)
        state = request.scope["state"]
        if document.get("stream"):
            return EventStream(
                service.chat_stream(document, state),
                service.heartbeat,
                error_event=lambda error: write(orjson.dumps(error)),
            )
        return Response(await service.chat(document, state), media_type="application/json")

    @router.get(MODELS_PATH)
    async def list_models() -> Response:
        """The models that may be asked for."""
        return JSONResponse({"object": "list", "data": [_model(name) for name in service.models]})

    @router.get(f"{MODELS_PATH}/{{model:path}}")
    async def get_model(model: str) -> Response:
        """One of them."""
        check_model(model, service.models)
        return JSONResponse(_model(model))

    return router


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "ai-api"}
