"""Errors as the caller sees them, nothing confidential.

``{"error": {"code", "message"}, "request_id"}``, and below /v1 what OpenAI's clients expect:
``{"error": {"message", "type", "param", "code"}}``.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

OPENAI_PREFIX = "/v1/"
OPENAI_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}


class ApiError(Exception):
    """An answer other than success: ``code`` is for programs, ``message`` for people.

    ``param`` names the field at fault, for clients that speak OpenAI's form.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        headers: Mapping[str, str] | None = None,
        param: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers
        self.param = param

    def document(self, scope: Scope, **details: Any) -> dict[str, Any]:
        """The body of the answer to the request of ``scope``; ``details`` are added to its ``error``."""
        if scope["path"].startswith(OPENAI_PREFIX):
            kind = OPENAI_TYPES.get(self.status) or (
                "server_error" if self.status >= 500 else "invalid_request_error"
            )
            return {"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}}
        return {
            "error": {"code": self.code, "message": self.message, **details},
            "request_id": scope["state"]["request_id"],
        }

    def response(self, scope: Scope, **details: Any) -> Response:
        """The answer; its code is the outcome of the request."""
        scope["state"]["log_fields"]["outcome"] = self.code
        return self._answer(scope, **details)

    def _answer(self, scope: Scope, **details: Any) -> Response:
        return JSONResponse(self.document(scope, **details), self.status, self.headers)


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
