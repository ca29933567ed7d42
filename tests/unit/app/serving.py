"""Runs the application and the stand-in provider as in production: one process each, real HTTP."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tests.support.ports import free_ports
from tests.support.waiting import wait_for

ROOT = Path(__file__).parents[3]
PATIENCE_SECONDS = 20


def image_options() -> list[str]:
    """The options after the address, as the image starts the server."""
    (command,) = re.findall(r"^CMD (.+)$", (ROOT / "Dockerfile").read_text(), re.M)
    options: list[str] = json.loads(command)
    return options[options.index("--port") + 2 :]


UVICORN_OPTIONS = image_options()


class Server:
    """A process that answers at ``url`` and writes its log to a file."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, log: Path) -> None:
        self.process = process
        self.url = url
        self._log = log

    def log(self) -> str:
        return self._log.read_text()

    def events(self, name: str) -> list[dict[str, Any]]:
        """The log's lines of one event; every line must be a JSON object."""
        lines: list[dict[str, Any]] = [json.loads(line) for line in self.log().splitlines()]
        return [line for line in lines if line["event"] == name]

    def request_line(self, request_id: str) -> dict[str, Any]:
        """The log's line of a request; it is written after the answer."""

        def found() -> dict[str, Any] | None:
            return next((line for line in self.events("request") if line["request_id"] == request_id), None)

        return wait_for(found, f"{request_id} is logged", PATIENCE_SECONDS)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return httpx.get(self.url + path, timeout=PATIENCE_SECONDS, **options)

    def answers(self, path: str) -> bool:
        assert self.process.poll() is None, f"ended with {self.process.returncode}: {self.log()}"
        try:
            return self.get(path).status_code == 200
        except httpx.TransportError:
            return False


S = TypeVar("S", bound=Server)


class App(Server):
    def generate(
        self,
        prompt: str = "one two three",
        *,
        client: str = "127.0.0.1",
        headers: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> httpx.Response:
        """POST /generate from the loopback address ``client``; ``fields`` go into the body."""
        transport = httpx.HTTPTransport(local_address=client)
        with httpx.Client(transport=transport, timeout=PATIENCE_SECONDS) as http:
            return http.post(f"{self.url}/generate", json={"prompt": prompt, **fields}, headers=headers)


class Provider(Server):
    """The stand-in provider and its remote control."""

    @property
    def api(self) -> str:
        return f"{self.url}/v1"

    def set_fault(self, **fault: Any) -> None:
        httpx.put(f"{self.url}/_admin/faults", json=fault).raise_for_status()

    def accept_keys(self, *keys: str) -> None:
        httpx.put(f"{self.url}/_admin/keys", json={"keys": keys}).raise_for_status()

    def reset(self) -> None:
        """Back to the first state, once the calls that an earlier test gave up are over."""
        wait_for(lambda: self.report()["in_flight"] == 0, "no call is in flight", PATIENCE_SECONDS)
        httpx.post(f"{self.url}/_admin/reset").raise_for_status()

    def report(self) -> dict[str, Any]:
        document: dict[str, Any] = self.get("/_admin/requests").json()
        return document

    def calls(self, path: str) -> int:
        return int(self.report()["paths"].get(path, 0))


def app_command(port: int, factory: str = "app.main:create_app") -> list[str]:
    address = ["--host", "127.0.0.1", "--port", str(port)]
    return [sys.executable, "-m", "uvicorn", factory, "--factory", *address, *UVICORN_OPTIONS]


def provider_command(port: int) -> list[str]:
    return [sys.executable, "-m", "rehearsal.provider", "--port", str(port)]


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Nothing of this process's environment but what Python needs."""
    return {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", **settings}


@contextmanager
def running(
    kind: type[S], command: Callable[[int], list[str]], settings: Mapping[str, str], log: Path, health: str
) -> Iterator[S]:
    """The process of ``command(port)``, once ``health`` answers; it is killed at the end."""
    [port] = free_ports(1)
    with log.open("wb") as output:
        process = subprocess.Popen(
            command(port), cwd=ROOT, env=environment(settings), stdout=output, stderr=subprocess.STDOUT
        )
    try:
        server = kind(process, f"http://127.0.0.1:{port}", log)
        wait_for(lambda: server.answers(health), f"{health} answers", PATIENCE_SECONDS)
        yield server
    finally:
        process.kill()
        process.wait()


@contextmanager
def running_workers(workers: int, settings: Mapping[str, str], log: Path) -> Iterator[App]:
    """One application with several worker processes, which end with it."""

    def command(port: int) -> list[str]:
        return [*app_command(port), "--workers", str(workers)]

    with running(App, command, settings, log, "/health") as app:
        started = "Application startup complete."
        wait_for(lambda: app.log().count(started) == workers, f"{workers} workers run", 40)
        yield app
        app.process.terminate()
        app.process.wait(PATIENCE_SECONDS)
