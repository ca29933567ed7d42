"""Refusals as Google's APIs word them: a canonical status, a message and typed details."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..core.asgi import Response

# canonical status -> (HTTP status, google.rpc.Code)
CODES = {
    "CANCELLED": (499, 1),
    "INVALID_ARGUMENT": (400, 3),
    "NOT_FOUND": (404, 5),
    "ALREADY_EXISTS": (409, 6),
    "PERMISSION_DENIED": (403, 7),
    "RESOURCE_EXHAUSTED": (429, 8),
    "FAILED_PRECONDITION": (400, 9),
    "ABORTED": (409, 10),
    "UNIMPLEMENTED": (501, 12),
    "INTERNAL": (500, 13),
    "UNAVAILABLE": (503, 14),
    "UNAUTHENTICATED": (401, 16),
}
_TYPE = "type.googleapis.com/google.rpc."


class ApiError(Exception):
    """``status`` is a key of CODES; ``details`` are messages of google.rpc with their ``@type``."""

    def __init__(self, status: str, message: str, *details: dict[str, Any]) -> None:
        super().__init__(message)
        self.status, self.message, self.details = status, message, list(details)

    @property
    def rpc(self) -> dict[str, Any]:
        """As a google.rpc.Status, which is what a failed operation holds."""
        status = {"code": CODES[self.status][1], "message": self.message}
        return {**status, "details": self.details} if self.details else status

    def response(self, headers: dict[str, str] | None = None) -> Response:
        code = CODES[self.status][0]
        error: dict[str, Any] = {"code": code, "message": self.message, "status": self.status}
        if self.details:
            error["details"] = self.details
        content = json.dumps({"error": error}).encode()
        return Response(code, content, "application/json; charset=UTF-8", headers or {})


@dataclass(frozen=True)
class Violation:
    """What is wrong with a field; ``field`` is its path in proto names, empty for the message itself."""

    field: str
    description: str


def bad_request(violations: Sequence[Violation]) -> ApiError:
    """What could not be read as the request that it should be: all of it at once."""
    listed = [
        {"field": one.field, "description": one.description}
        if one.field
        else {"description": one.description}
        for one in violations
    ]
    message = "\n".join(one.description for one in violations)
    return ApiError("INVALID_ARGUMENT", message, {"@type": f"{_TYPE}BadRequest", "fieldViolations": listed})


def violation(request: str, field: str, description: str) -> ApiError:
    """What was read but breaks a rule of the resource, such as ``CreateServiceRequest``, ``service.name``."""
    where = f"Violation in {request}.{field}"
    detail = {
        "@type": f"{_TYPE}BadRequest",
        "fieldViolations": [{"field": where, "description": description}],
    }
    return ApiError("INVALID_ARGUMENT", f"{where}: {description}", detail)


def error_info(reason: str, domain: str, **metadata: str) -> dict[str, Any]:
    return {"@type": f"{_TYPE}ErrorInfo", "reason": reason, "domain": domain, "metadata": metadata}


def unauthenticated(reason: str, message: str, service: str, method: str) -> Response:
    """A 401 as it comes with and without wrong credentials."""
    info = error_info(reason, "googleapis.com", method=method, service=service)
    text = (
        f"{message} Expected OAuth 2 access token, login cookie or other valid authentication credential. "
        "See https://developers.google.com/identity/sign-in/web/devconsole-project."
    )
    return ApiError("UNAUTHENTICATED", text, info).response(
        {"www-authenticate": 'Bearer realm="https://accounts.google.com/"'}
    )


def denied(permission: str, resource: str, service: str) -> ApiError:
    info = error_info("IAM_PERMISSION_DENIED", service, permission=permission, resource=resource)
    return ApiError(
        "PERMISSION_DENIED",
        f"Permission '{permission}' denied on resource '{resource}' (or it may not exist).",
        info,
    )
