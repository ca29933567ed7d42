"""A provider that puts given words into all it says, and keeps what it was sent."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODEL = "gpt-4o-mini"
USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}


class Provider:
    """``mode`` is what it does next: ``answer``, a status to refuse with, ``nonsense``, ``drop``, ``wait``;
    of streams also ``error``, ``cut`` and ``pause``, each after one delta."""

    def __init__(self, url: str, answer: str, delta: str, error: str) -> None:
        self.url = url
        self.answer, self.delta, self.error = answer, delta, error
        self.mode: str | int = "answer"
        self.received = ""

    def refusal(self) -> bytes:
        return json.dumps({"error": {"message": self.error, "type": self.error, "code": "bad"}}).encode()

    def completion(self) -> bytes:
        choice = {"index": 0, "message": {"role": "assistant", "content": self.answer}}
        return json.dumps({"model": MODEL, "choices": [choice], "usage": USAGE}).encode()

    def events(self) -> Iterator[bytes]:
        choice = {"index": 0, "delta": {"content": self.delta}, "finish_reason": None}
        yield _event(json.dumps({"model": MODEL, "choices": [choice]}))
        match self.mode:
            case "error":
                yield _event(self.refusal().decode())
            case "cut":
                return
            case "pause":
                time.sleep(2.5)
            case _:
                yield _event(json.dumps({"model": MODEL, "choices": [], "usage": USAGE}))
                yield _event("[DONE]")


@contextmanager
def indiscreet_provider(answer: str, delta: str, error: str) -> Iterator[Provider]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.respond(200, b'{"data": []}')

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            provider.received += f"{self.headers}{body}"
            match provider.mode:
                case int(status):
                    self.respond(status, provider.refusal())
                case "nonsense":
                    self.respond(200, f"{provider.error}, not JSON".encode())
                case "drop":
                    self.close_connection = True
                case "wait":
                    time.sleep(2.5)
                    self.close_connection = True
                case _ if json.loads(body).get("stream"):
                    self.respond_in_events()
                case _:
                    self.respond(200, provider.completion())

        def respond(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("X-Provider", provider.error)
            self.end_headers()
            self.wfile.write(content)

        def respond_in_events(self) -> None:
            self.send_response(200)
            self.end_headers()
            for event in provider.events():
                self.wfile.write(event)
                self.wfile.flush()
            self.close_connection = True

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                return  # the application has hung up

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider = Provider(f"http://127.0.0.1:{server.server_port}", answer, delta, error)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()


def _event(data: str) -> bytes:
    return f"data: {data}\n\n".encode()
