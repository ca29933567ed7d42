"""The model's endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import admin
from .completions import EventStream, chunks, complete
from .gate import Gate, error
from .state import State

DEFAULT_MODELS = "gpt-4o-mini,gpt-4o"
MAX_TOKENS = 16_384


def create_app(environ: Mapping[str, str]) -> Starlette:
    """PROVIDER_KEYS and PROVIDER_MODELS are separated by commas; without keys nobody is let in."""
    state = State(
        keys=frozenset(_split(environ.get("PROVIDER_KEYS", ""))),
        models=_split(environ.get("PROVIDER_MODELS", DEFAULT_MODELS)),
    )
    routes = [
        Route("/v1/chat/completions", chat_completions, methods=["POST"]),
        Route("/v1/models", list_models),
        Route("/v1/models/{model:path}", get_model),
        *admin.routes(state),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(Gate, state=state)])
    app.state.provider = state
    return app


async def chat_completions(request: Request) -> Response:
    try:
        body: dict[str, Any] = await request.json()
        prompt = body["messages"][-1]["content"].strip()
        max_tokens = int(body.get("max_completion_tokens") or body.get("max_tokens") or MAX_TOKENS)
    except (ValueError, LookupError, TypeError, AttributeError):
        return error(400, "invalid_request_error", "We could not parse the body of your request")
    if body.get("model") not in _models(request):
        return error(404, "model_not_found", "The model does not exist")
    completion = complete(body["model"], prompt, max_tokens)
    if not body.get("stream"):
        return JSONResponse(completion)
    with_usage = bool((body.get("stream_options") or {}).get("include_usage"))
    return EventStream(chunks(completion, with_usage), request.state.fault)


async def list_models(request: Request) -> Response:
    return JSONResponse({"object": "list", "data": [_model(name) for name in _models(request)]})


async def get_model(request: Request) -> Response:
    name = request.path_params["model"]
    if name not in _models(request):
        return error(404, "model_not_found", "The model does not exist")
    return JSONResponse(_model(name))


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "rehearsal"}


def _models(request: Request) -> tuple[str, ...]:
    state: State = request.app.state.provider
    return state.models


def _split(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip() for part in text.split(","))))
