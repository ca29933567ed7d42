"""The little of ASGI that the front and the admin endpoints need."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class DisconnectedError(Exception):
    """The client went away before its request was complete."""


@dataclass(frozen=True)
class Request:
    """``headers`` has lower-case names, ``path`` is decoded, ``query`` holds lists of values."""

    method: str
    path: str
    headers: dict[str, str]
    query: dict[str, list[str]]
    body: bytes
    client: str = ""
    raw_path: str = ""

    def json(self) -> Any:
        return json.loads(self.body or b"{}")


@dataclass(frozen=True)
class Response:
    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, content: object, status: int = 200) -> Response:
        return cls(status, json.dumps(content).encode())


def headers_of(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


async def read_request(scope: Scope, receive: Receive) -> Request:
    """Read the whole request. Raise DisconnectedError if it does not arrive."""
    chunks = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise DisconnectedError
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    return Request(
        method=scope["method"],
        path=scope["path"],
        headers=headers_of(scope),
        query=parse_qs(scope.get("query_string", b"").decode(), keep_blank_values=True),
        body=b"".join(chunks),
        client=(scope.get("client") or ("", 0))[0],
        raw_path=scope.get("raw_path", b"").decode("latin-1"),
    )


def replay(request: Request, receive: Receive) -> Receive:
    """A ``receive`` that gives the body once and then listens for the client's disconnect."""
    pending = [{"type": "http.request", "body": request.body, "more_body": False}]

    async def again() -> Message:
        return pending.pop() if pending else await receive()

    return again


async def respond(send: Send, response: Response) -> None:
    headers = {"content-type": response.content_type, "content-length": str(len(response.body))}
    headers |= response.headers
    await send(
        {
            "type": "http.response.start",
            "status": response.status,
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
    )
    await send({"type": "http.response.body", "body": response.body})
