"""The control plane: finds the method that a request calls, and holds both to the API's own schemas."""

from __future__ import annotations

import inspect
import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from ..core.asgi import Request, Response
from .discovery import Method, load
from .errors import ApiError, Violation, bad_request
from .rpc import Handler, Handlers, Json, Rpc
from .schema import Checker

log = logging.getLogger("gcp")

# The field of the request that a body stands for, by the body's schema; otherwise it is the request itself.
_BODIES = {
    "GoogleCloudRunV2Service": "service",
    "Secret": "secret",
    "Repository": "repository",
    "Package": "package",
    "Tag": "tag",
}
# What clients may add to every call; `$alt` is sent by the client libraries.
_EXTRA: dict[str, dict[str, Any]] = {"$alt": {"type": "string"}, "$httpHeaders": {"type": "string"}}


@dataclass(frozen=True)
class Found:
    """A method and the resource that it is called on."""

    api: str
    method: Method
    handler: Handler
    name: str

    @property
    def permission(self) -> str:
        return f"{self.api}.{self.method.action}"


class ControlPlane:
    """``admit`` raises ApiError when a caller may not make a call, or its API is not enabled."""

    def __init__(self, project: str, number: str, admit: Callable[[Found, str], None]) -> None:
        self._project, self._number, self._admit = project, number, admit
        self._routes: dict[str, list[tuple[Method, Handler]]] = {}

    def serve(self, api: str, document: str, handlers: Handlers) -> None:
        """Answer these methods of a discovery document under ``/<api>/``."""
        routes = self._routes.setdefault(api, [])
        routes += [(method, handlers[method.id]) for method in load(document, handlers)]
        # An id may hold a colon (sha256:...), so a path that ends in a verb is tried first.
        routes.sort(key=lambda route: not re.search(r":\w+$", route[0].path.pattern))

    def has(self, path: str) -> bool:
        return path.split("/")[1] in self._routes

    def find(self, request: Request) -> Found | None:
        _, api, path = request.raw_path.split("/", 2)
        path = unquote(path.replace("%2F", "%252F").replace("%2f", "%252F"))
        for method, handler in self._routes.get(api, []):
            match = method.path.fullmatch(path)
            if match and method.verb == request.method:
                return Found(api, method, handler, self._named(match["name"]))
        return None

    async def call(self, found: Found, request: Request, caller: str) -> Response:
        try:
            self._admit(found, caller)
            rpc = Rpc(
                found.method, found.name, _query(found.method, request), _body(found.method, request), caller
            )
            answer = found.handler(rpc)
            content = await answer if inspect.isawaitable(answer) else answer
            verify(found.method, content)
        except ApiError as error:
            return error.response()
        return Response(200, json.dumps(content, indent=2).encode(), "application/json; charset=UTF-8")

    def _named(self, name: str) -> str:
        """Projects may be named by number."""
        prefix = f"projects/{self._number}"
        if name == prefix or name.startswith(f"{prefix}/"):
            return f"projects/{self._project}{name.removeprefix(prefix)}"
        return name


def verify(method: Method, content: Json, schema: str = "") -> None:
    """Raise ApiError (a fault of ours, and a loud one) if this is not what the API's schema says."""
    checker = Checker(method.schemas, requests=False)
    checker.check({"$ref": schema or method.response}, content, "")
    if checker.violations:
        listed = "; ".join(one.description for one in checker.violations)
        log.error("%s answers against its own schema: %s", method.id, listed)
        raise ApiError("INTERNAL", f"The stand-in's answer breaks the schema of {method.id}: {listed}")


def _query(method: Method, request: Request) -> dict[str, Any]:
    values: dict[str, Any] = {}
    violations: list[Violation] = []
    for name, given in request.query.items():
        schema = method.query.get(name) or _EXTRA.get(name)
        if schema is None:
            text = "Cannot bind query parameter. Field '{0}' could not be found in request message."
            wrong = f'Invalid JSON payload received. Unknown name "{name}": {text.format(name)}'
            violations.append(Violation("", wrong))
            continue
        repeated = schema["type"] == "array"
        checker = Checker(method.schemas, requests=True)
        read = [_read(schema["items"] if repeated else schema, text) for text in given]
        values[name] = checker.check(schema, read if repeated else read[-1], name)
        violations += checker.violations
    if violations:
        raise bad_request(violations)
    return values


def _read(schema: Mapping[str, Any], text: str) -> Any:
    """A parameter's text as the JSON that it stands for."""
    if schema["type"] == "boolean":
        return {"true": True, "false": False}.get(text.lower(), text)
    if "enum" in schema and text.isdecimal():
        return int(text)
    return text


def _body(method: Method, request: Request) -> Json:
    try:
        content = request.json()
    except ValueError as error:
        raise bad_request([Violation("", f"Invalid JSON payload received. {error}")]) from error
    if method.request is None:
        if content:
            first = next(iter(content)) if isinstance(content, dict) else ""
            text = f'Invalid JSON payload received. Unknown name "{first}": Cannot find field.'
            raise bad_request([Violation("", text)])
        return {}
    checker = Checker(method.schemas, requests=True)
    kept: Json = checker.check({"$ref": method.request}, content, _BODIES.get(method.request, ""))
    if checker.violations:
        raise bad_request(checker.violations)
    return kept
