"""How Google names calls, checks who makes them and words the refusals that faults cause."""

from __future__ import annotations

from ..core.asgi import Request, Response
from ..core.calls import Call
from .errors import ApiError, error_info, unauthenticated
from .plane import ControlPlane
from .tokens import Tokens

_READS = ("get", "list", "batchGet", "access", "wait", "getIamPolicy", "testIamPermissions")
_EXPIRED = "Request had invalid authentication credentials."
_MISSING = "Request is missing required authentication credential."


class GoogleDialect:
    def __init__(self, plane: ControlPlane, tokens: Tokens) -> None:
        self._plane, self._tokens = plane, tokens

    def is_call(self, path: str) -> bool:
        return self._plane.has(path)

    def identify(self, request: Request) -> Call:
        """Such as ``secretmanager``, ``secrets.create``; for unknown methods verb and path."""
        found = self._plane.find(request)
        if found is None:
            api, _, rest = request.path.strip("/").partition("/")
            return Call(api, f"{request.method} {rest}", request.method != "GET")
        action = found.method.action
        return Call(found.api, action, action.rpartition(".")[2] not in _READS)

    def refuse_identity(self, request: Request, call: Call) -> Response | None:
        token = bearer(request)
        if token and self._tokens.identify(token, f"{call.service}.googleapis.com"):
            return None
        if token:
            return _unauthenticated("ACCESS_TOKEN_TYPE_UNSUPPORTED", _EXPIRED, call)
        return _unauthenticated("CREDENTIALS_MISSING", _MISSING, call)

    def refusal(self, kind: str, call: Call, request: Request) -> Response:
        host = f"{call.service}.googleapis.com"
        if kind == "throttle":
            text = f"Quota exceeded for quota metric 'Requests' and limit 'Requests per minute' of '{host}'."
            info = error_info("RATE_LIMIT_EXCEEDED", "googleapis.com", service=host)
            return ApiError("RESOURCE_EXHAUSTED", text, info).response()
        if kind == "expired-token":
            return _unauthenticated("ACCESS_TOKEN_EXPIRED", _EXPIRED, call)
        return ApiError("INTERNAL", "Internal error encountered.").response()

    async def answer(self, request: Request, call: Call) -> Response | None:
        found = self._plane.find(request)
        if found is None:
            return ApiError("NOT_FOUND", "Method not found.").response()
        caller = self._tokens.identify(bearer(request), f"{call.service}.googleapis.com")
        return await self._plane.call(found, request, caller or "")


def bearer(request: Request) -> str:
    """The token that the request carries, or empty."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return token.strip()
    return request.query.get("access_token", [""])[0]


def _unauthenticated(reason: str, message: str, call: Call) -> Response:
    return unauthenticated(reason, message, f"{call.service}.googleapis.com", call.action)
