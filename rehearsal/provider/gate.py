"""What happens to every request to /v1: it is counted, checked for its key, and meets the fault in force."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .state import Fault, State, presented_key


class Gate:
    def __init__(self, app: ASGIApp, state: State) -> None:
        self.app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self.app(scope, receive, send)
            return

        state, headers = self._state, Headers(scope=scope)
        record = state.begin(scope["path"], dict(headers))
        answered = False

        async def send_and_record(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                record["status"] = message["status"]
                state.statuses[str(message["status"])] += 1
            answered = message["type"] == "http.response.body" and not message.get("more_body")
            await send(message)

        async def receive_and_record() -> Message:
            message = await receive()
            if message["type"] == "http.disconnect" and not answered:
                state.disconnects += 1
            return message

        try:
            body = await _read_body(receive_and_record)
            document = _document(body)
            record["model"], record["fields"] = document.get("model"), sorted(document)
            fault = state.take_fault(scope["path"], record["model"])
            scope["state"] = {"fault": fault}
            if not await client_left(receive_and_record, fault.latency_seconds):
                authorized = presented_key(headers) in state.keys
                app = refusal(fault, authorized) or self.app
                await app(scope, _replay(body, receive_and_record), send_and_record)
        finally:
            state.in_flight -= 1


def refusal(fault: Fault, authorized: bool) -> ASGIApp | None:
    """What is answered in place of the model, if anything."""
    if fault.drop_connection:
        return _drop_connection
    if fault.silent:
        return _say_nothing
    if fault.status:
        extra = {"retry-after": f"{fault.retry_after:g}"} if fault.retry_after is not None else None
        return error(fault.status, "injected_fault", "A fault was injected", extra)
    if not authorized:
        return error(401, "invalid_api_key", "Incorrect API key provided")
    return None


def error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """An error in OpenAI's shape."""
    content = {"error": {"message": message, "type": code, "param": None, "code": code}}
    return JSONResponse(content, status, headers)


async def client_left(receive: Receive, seconds: float | None) -> bool:
    """Wait, and see whether the client hangs up meanwhile; the body must have been read."""
    if seconds == 0:
        return False
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True


async def _drop_connection(scope: Scope, receive: Receive, send: Send) -> None:
    """Announce a body and return: the server closes the connection."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})


async def _say_nothing(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await client_left(receive, None)


async def _read_body(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _replay(body: bytes, receive: Receive) -> Receive:
    """A ``receive`` that hands out the body again before it goes on."""
    pending = [body]

    async def replayed() -> Message:
        if pending:
            return {"type": "http.request", "body": pending.pop(), "more_body": False}
        return await receive()

    return replayed
