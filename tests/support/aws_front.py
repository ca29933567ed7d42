"""A proxy before an AWS endpoint: it counts the calls, and fails or alters some on demand."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import httpx

Alteration = Callable[[dict[str, Any]], None]
READS = ("Describe", "Get", "List")


class Front:
    """``calls`` are the operations in the order they came, failed ones included."""

    def __init__(self, upstream: str) -> None:
        self.calls: list[str] = []
        self._upstream = upstream
        self._failures: dict[str, list[tuple[int, str]]] = {}
        self._alterations: dict[str, list[Alteration]] = {}
        self._lost: int | None = None
        front = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = (
                -1
            )  # head and body in one packet: apart, the second waits for a delayed acknowledgement

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, kind, answer = front.answer(dict(self.headers), self.path, body)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def changes(self) -> list[str]:
        return [call for call in self.calls if not call.startswith(READS)]

    def fail(self, operation: str, *errors: tuple[int, str]) -> None:
        """Answer the next calls of ``operation`` with these ``(status, code)`` instead of passing them on."""
        self._failures.setdefault(operation, []).extend(errors)

    def alter(self, operation: str, *alterations: Alteration) -> None:
        """Change the next answers of ``operation`` (of a JSON service), one each; the last one stays."""
        self._alterations.setdefault(operation, []).extend(alterations)

    def lose(self, number: int) -> None:
        """Pass the ``number``-th call from now on, but not its answer: as if the caller was killed then."""
        self._lost = len(self.calls) + number

    def leave_alone(self) -> None:
        """Pass everything on unchanged again."""
        self._lost = None
        self._failures.clear()
        self._alterations.clear()

    def answer(self, headers: dict[str, str], path: str, body: bytes) -> tuple[int, str, bytes]:
        target = headers.get("X-Amz-Target", "")
        operation = target.rpartition(".")[2] or parse_qs(body.decode())["Action"][0]
        self.calls.append(operation)
        if failures := self._failures.get(operation):
            return _error(*failures.pop(0), is_json=bool(target))
        passed_on = {name: value for name, value in headers.items() if name.lower() != "host"}
        answer = _upstream().post(self._upstream + path, content=body, headers=passed_on)
        if len(self.calls) == self._lost:
            return _error(403, "Killed", is_json=bool(target))
        content = answer.content
        if alterations := self._alterations.get(operation):
            document = json.loads(content)
            (alterations.pop(0) if len(alterations) > 1 else alterations[0])(document)
            content = json.dumps(document).encode()
        return answer.status_code, answer.headers.get("Content-Type", "text/xml"), content

    @contextmanager
    def running(self) -> Iterator[Front]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()


@cache
def _upstream() -> httpx.Client:
    return httpx.Client(timeout=60)


def _error(status: int, code: str, *, is_json: bool) -> tuple[int, str, bytes]:
    if is_json:
        return status, "application/x-amz-json-1.1", json.dumps({"__type": code, "message": code}).encode()
    text = f"<ErrorResponse><Error><Code>{code}</Code><Message>{code}</Message></Error></ErrorResponse>"
    return status, "text/xml", text.encode()
