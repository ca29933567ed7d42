"""Errors as the caller sees them: ``{"error": {"code", "message"}, "request_id"}``, nothing confidential."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Scope


class ApiError(Exception):
    """An answer other than success: ``code`` is for programs, ``message`` for people."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers

    def response(self, scope: Scope, **details: Any) -> Response:
        """The JSON answer to the request of ``scope``; ``details`` are added to its ``error``."""
        content = {
            "error": {"code": self.code, "message": self.message, **details},
            "request_id": scope["state"]["request_id"],
        }
        return JSONResponse(content, self.status, self.headers)


class NoKeyError(ApiError):
    """There is no provider key to work with; ``reason`` is fit for everyone to read."""

    def __init__(self, reason: str) -> None:
        super().__init__(503, "no_provider_key", reason)


class KeyRefusedError(ApiError):
    """The provider does not accept our key."""

    def __init__(self) -> None:
        super().__init__(503, "provider_key_refused", "The provider does not accept this service's key")


async def on_api_error(request: Request, error: ApiError) -> Response:
    return error.response(request.scope)


async def on_http_error(request: Request, error: HTTPException) -> Response:
    """Starlette's own errors, such as 404 and 405."""
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    return ApiError(error.status_code, code, error.detail, error.headers).response(request.scope)


async def on_invalid_request(request: Request, error: RequestValidationError) -> Response:
    """422 with where and what, without echoing the input, which is the prompt."""
    problems = [{key: problem[key] for key in ("loc", "msg", "type")} for problem in error.errors()]
    return ApiError(422, "invalid_request", "The request is not valid").response(
        request.scope, details=problems
    )


HANDLERS: dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]] = {
    ApiError: on_api_error,
    HTTPException: on_http_error,
    RequestValidationError: on_invalid_request,
}
