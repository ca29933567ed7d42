"""A service on the runner, as these tests use it."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from rehearsal.core.proxy import Head, Headers
from rehearsal.core.runner import Container, Ingress, Probe, Revision, Runner, Scale, Share, Status
from rehearsal.core.runner.dispatcher import Dispatcher

ONE = Scale(1, 1)
HEALTH = Probe("/health", 8000, period=1, failures=30)


def forward(head: Head, headers: Headers) -> Headers:
    return [*headers, (b"x-client", head.client.encode())]


@dataclass
class Deployed:
    """``get`` and ``status_of`` ask over a connection of their own."""

    runner: Runner
    name: str
    port: int
    image: str

    def revision(self, name: str, environ: Mapping[str, str] | None = None, **changes: Any) -> Revision:
        """One that answers its name; ``changes`` are other fields of Revision."""
        container = Container(
            self.image, {"VERSION": name, **(environ or {})}, 8000, cpus=1, memory=128 * 1024**2
        )
        plain = Revision(
            name, container, ONE, HEALTH, None, None, request_timeout=30, finish_patience=5, stop_patience=5
        )
        return replace(plain, **changes)

    def begin(self, revision: Revision) -> None:
        self.runner.start(self.name, revision)

    def serve(self, revision: Revision) -> Status:
        """Start it, wait until it is ready or has failed, and give it all requests."""
        self.begin(revision)
        status = self.runner.wait(self.name, revision.name, 30)
        self.runner.route(self.name, [Share(revision.name, 100)])
        return status

    def status(self, revision: str) -> Status:
        return self.runner.status(self.name, revision)

    def instances(self, revision: str) -> int:
        return self.status(revision).instances

    def requests(self, revision: str) -> int:
        """In hand or waiting."""
        return self._dispatcher(revision).load.now

    def be_impatient(self, revision: str) -> None:
        """Let requests wait for half a second, where they would for ten."""
        self._dispatcher(revision).patience = 0.5

    def _dispatcher(self, revision: str) -> Dispatcher:
        return self.runner._services[self.name].fleets[revision].dispatcher

    def stop(self, revision: str) -> None:
        self.runner.stop(self.name, revision)

    def get(self, path: str = "/", host: str | None = None) -> str:
        status, body = self.ask(path, host)
        assert status == 200, f"{status} {body}"
        return body

    def ask(self, path: str = "/", host: str | None = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path, headers={"host": host} if host else {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def open(self, **changes: Any) -> None:
        self.runner.open(self.name, replace(Ingress(self.port, forward), **changes))


def together(count: int, what: Callable[[], object]) -> list[object]:
    """What as many threads get at the same time."""
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(what())) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found
