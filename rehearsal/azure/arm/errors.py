"""How ARM, and what speaks like it, says no."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from ...core.asgi import Response
from ..schema.check import Problem


class ArmError(Exception):
    """``inner`` is the code inside, which Key Vault uses; ``details`` are errors of the same form."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        target: str = "",
        inner: str = "",
        details: Iterable[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.content: dict[str, Any] = {"code": code, "message": message}
        if target:
            self.content["target"] = target
        if details:
            self.content["details"] = list(details)
        if inner:
            self.content["innererror"] = {"code": inner}
        self.headers = dict(headers or {})

    def response(self) -> Response:
        return answer({"error": self.content}, self.status, self.headers)


def answer(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """With the ids by which Azure's support finds a request; no body when ``content`` is None."""
    known = {"x-ms-request-id": str(uuid.uuid4()), "x-ms-correlation-request-id": str(uuid.uuid4())}
    body = b"" if content is None else Response.json(content).body
    return Response(status, body, "application/json; charset=utf-8", {**known, **(headers or {})})


def invalid_content(problems: list[Problem]) -> ArmError:
    """Of a body that the model does not take."""
    first, code = problems[0], "InvalidRequestContent"
    return ArmError(
        400,
        code,
        "The request content was invalid and could not be deserialized: "
        f"'{first.message} Path '{first.path}'.'",
        target=first.path,
        details=[{"code": code, "message": problem.message, "target": problem.path} for problem in problems],
    )


def invalid_fields(app: str, field: str, details: str) -> ArmError:
    """Of what Container Apps finds wrong with a field of an app or its template."""
    return ArmError(
        400, "InvalidParameterValueInContainerTemplate", field_message(field, details), target=app
    )


def field_message(field: str, details: str) -> str:
    return (
        "The following field(s) are either invalid or missing. "
        f"Field '{field}' is invalid with details: '{details}';."
    )


def not_found(kind: str, name: str, group: str) -> ArmError:
    return ArmError(
        404,
        "ResourceNotFound",
        f"The Resource '{kind}/{name}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )
