"""The description of the API, with every answer that middleware and errors add to those of the routes."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from .errors import OPENAI_PREFIX
from .rate_limit import HEADERS, LIMITED
from .request_context import HEALTH_PATHS

DESCRIPTIONS = {
    400: "Refused by the provider",
    401: "No key, or one that is not accepted",
    404: "Not found",
    408: "The body did not arrive in time",
    413: "The body is too large",
    422: "The request is not valid",
    429: "Over a limit of this client, or of the provider; see Retry-After",
    431: "The headers are too many or too large",
    500: "A defect here",
    502: "The provider is out of reach, or makes no sense",
    503: "This service cannot answer at the moment; see Retry-After",
    504: "The provider took too long",
}
ALWAYS = (431, 500)
WITH_KEY = (401, 503)
WITH_BODY = (408, 413, 422)
GENERATING = (400, 404, 429, 502, 503, 504)

TEXT = {"type": "string"}
ERROR = {
    "type": "object",
    "required": ["error", "request_id"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {"code": TEXT, "message": TEXT, "details": {"type": "array"}},
        },
        "request_id": TEXT,
    },
}
OPENAI_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": TEXT,
                "type": TEXT,
                "param": {"anyOf": [TEXT, {"type": "null"}]},
                "code": {"anyOf": [TEXT, {"type": "null"}]},
            },
        }
    },
}
EVENT = {"type": "object", "required": ["data"], "properties": {"event": TEXT, "data": TEXT}}
KEY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


def describe(app: FastAPI, *, needs_key: bool) -> None:
    """Have ``app`` serve the completed description."""
    plain = app.openapi

    def completed() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = complete(plain(), needs_key=needs_key)
        return app.openapi_schema

    app.openapi = completed  # type: ignore[method-assign]


def complete(schema: dict[str, Any], *, needs_key: bool) -> dict[str, Any]:
    """``schema`` with the errors, headers and keys of every operation; what routes say themselves stays."""
    components = schema.setdefault("components", {})
    components.setdefault("schemas", {}).update(Error=ERROR, OpenAIError=OPENAI_ERROR)
    if needs_key:
        components["securitySchemes"] = KEY_SCHEMES
    for path, operations in schema["paths"].items():
        keyed = needs_key and path not in HEALTH_PATHS
        for operation in operations.values():
            responses = operation["responses"]
            if "text/event-stream" in responses["200"].get("content", {}):
                responses["200"]["content"]["text/event-stream"] = {"itemSchema": EVENT}
            if path in LIMITED:
                responses["200"]["headers"] = {name: {"schema": TEXT} for name in HEADERS[:-1]}
            responses.pop("422", None)  # FastAPI's own form, which is not ours
            for status in _statuses(path, "requestBody" in operation, keyed):
                responses.setdefault(str(status), _answer(path, status))
            if keyed:
                operation["security"] = [{name: []} for name in KEY_SCHEMES]
    return schema


def _statuses(path: str, has_body: bool, keyed: bool) -> set[int]:
    return {
        *ALWAYS,
        *(WITH_KEY if keyed else ()),
        *(WITH_BODY if has_body else ()),
        *(GENERATING if path in LIMITED else ()),
        *((404,) if "{" in path else ()),
    }


def _answer(path: str, status: int) -> dict[str, Any]:
    name = "OpenAIError" if path.startswith(OPENAI_PREFIX) else "Error"
    schema = {"$ref": f"#/components/schemas/{name}"}
    answer: dict[str, Any] = {
        "description": DESCRIPTIONS[status],
        "content": {"application/json": {"schema": schema}},
    }
    if status in (429, 503):
        answer["headers"] = {"Retry-After": {"schema": TEXT}}
    return answer
