"""Who may call: everything but the health checks needs one of the callers' keys."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from .errors import ApiError
from .key_ring import KeyRing
from .request_context import HEALTH_PATHS


class Authentication:
    """Takes ``Authorization: Bearer KEY`` or ``X-API-Key: KEY``; puts ``api_key`` into the request's state.

    The log shows the key's id.
    """

    def __init__(self, app: ASGIApp, key_ring: KeyRing) -> None:
        self.app = app
        self._key_ring = key_ring

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in HEALTH_PATHS:
            sent = sent_key(Headers(scope=scope))
            if not sent:
                raise _refusal("missing_api_key", "This needs a key: Authorization: Bearer KEY", "")
            key = await self._key_ring.find(sent)
            if key is None:
                raise _refusal("invalid_api_key", "The key is not accepted", ', error="invalid_token"')
            scope["state"]["api_key"] = key
            scope["state"]["log_fields"]["key_id"] = key.id
        await self.app(scope, receive, send)


def sent_key(headers: Headers) -> str:
    """The key of the request, or an empty text; Authorization goes before X-API-Key."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return key.strip()
    return headers.get("x-api-key", "").strip()


def _refusal(code: str, message: str, challenge: str) -> ApiError:
    return ApiError(401, code, message, {"WWW-Authenticate": f'Bearer realm="ai-api"{challenge}'})
