"""Nothing of what passes through is left behind: not in logs, metrics or traces, not in error answers."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from app.api_keys import generate, hashed
from tests.support.ports import free_ports
from tests.support.waiting import wait_for

from .conftest import StartApp
from .indiscreet import MODEL, Provider, indiscreet_provider
from .observing import Collector, Scraper, collecting
from .serving import PATIENCE_SECONDS, App

PATHS = ("/generate", "/v1/chat/completions")


def canary() -> str:
    return f"canary{secrets.token_hex(12)}"


@dataclass
class Canaries:
    """Each in a place of its own, so that a failure says which one got out."""

    prompt: str = field(default_factory=canary)
    answer: str = field(default_factory=canary)
    delta: str = field(default_factory=canary)
    provider_error: str = field(default_factory=canary)
    provider_key: str = field(default_factory=lambda: f"sk-{canary()}")
    caller_key: str = field(default_factory=generate)
    wrong_key: str = field(default_factory=canary)
    cookie: str = field(default_factory=canary)
    header: str = field(default_factory=canary)
    query: str = field(default_factory=canary)
    model: str = field(default_factory=canary)
    field_name: str = field(default_factory=canary)

    def found_in(self, text: str) -> set[str]:
        return {name for name, value in vars(self).items() if value in text}


class Caller:
    """Sends the canaries, and keeps the answers that are errors."""

    def __init__(self, app: App, canaries: Canaries) -> None:
        self.app = app
        self.canaries = canaries
        self.answers: list[str] = []
        self.errors: list[str] = []
        headers = {
            "Authorization": f"Bearer {canaries.caller_key}",
            "Cookie": f"session={canaries.cookie}",
            "X-Secret": canaries.header,
            "User-Agent": canaries.header,
            "baggage": f"secret={canaries.header}",
            "X-Request-ID": f"not a harmless id: {canaries.header}",
        }
        self._http = httpx.Client(base_url=app.url, headers=headers, timeout=PATIENCE_SECONDS)

    def ask(self, path: str, *, stream: bool, **changes: Any) -> httpx.Response:
        """A good request but for ``changes``."""
        messages = [{"role": "user", "content": self.canaries.prompt}]
        fields = {"prompt": self.canaries.prompt} if path == "/generate" else {"messages": messages}
        body = {**fields, "model": MODEL, "stream": stream, **changes}
        return self.send("POST", path, json=body)

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        answer = self._http.request(method, path, params={"token": self.canaries.query}, **options)
        failed = answer.status_code >= 400 or '"error"' in answer.text
        (self.errors if failed else self.answers).append(f"{answer.headers}{answer.text}")
        return answer

    def leave(self, path: str, *, stream: bool) -> None:
        with pytest.raises(httpx.ReadTimeout):
            self._http.post(
                path,
                json={
                    "prompt": self.canaries.prompt,
                    "messages": [{"role": "user", "content": self.canaries.prompt}],
                    "model": MODEL,
                    "stream": stream,
                },
                timeout=0.5,
            )


@dataclass
class Scene:
    canaries: Canaries
    provider: Provider
    app: App
    metrics: Scraper
    collector: Collector
    caller: Caller


@pytest.fixture(scope="module")
def scene(launch: StartApp) -> Iterator[Scene]:
    """Everything that can be told is."""
    canaries = Canaries()
    [port] = free_ports(1)
    keys = [{"id": "caller", "sha256": hashed(canaries.caller_key)}]
    with (
        indiscreet_provider(canaries.answer, canaries.delta, canaries.provider_error) as provider,
        collecting() as collector,
    ):
        app = launch(
            "tests.unit.app.broken:create_app",
            OPENAI_BASE_URL=f"{provider.url}/v1",
            OPENAI_API_KEY=canaries.provider_key,
            OPENAI_MAX_RETRIES="0",
            OPENAI_TIMEOUT_SECONDS="1.5",
            OPENAI_FIRST_TOKEN_TIMEOUT_SECONDS="1.5",
            OPENAI_STREAM_TIMEOUT_SECONDS="1.5",
            MAX_BODY_BYTES="2000",
            API_KEYS_SOURCE="env",
            API_KEYS=json.dumps({"keys": keys}),
            LOG_LEVEL="DEBUG",
            OPENAI_LOG="debug",
            PYTHONASYNCIODEBUG="1",
            METRICS_PORT=str(port),
            METRICS_HOST="127.0.0.1",
            FASTAPI_OTEL_AUTO_CONFIGURE="true",
            **collector.settings(),
        )
        yield Scene(canaries, provider, app, Scraper(port), collector, Caller(app, canaries))


def test_nothing_is_left_behind(scene: Scene) -> None:
    caller, provider = scene.caller, scene.provider
    succeed(caller)
    assert scene.canaries.found_in("".join(caller.answers)) == {"answer", "delta"}
    assert {"prompt", "provider_key"} <= scene.canaries.found_in(provider.received)
    assert scene.canaries.found_in(provider.received) == {"prompt", "provider_key"}

    fail_at_the_provider(caller, provider)
    fail_here(caller)
    leave(caller, provider)

    metrics, traces = what_was_told(scene)
    assert '"unexpected error"' in scene.app.log()
    assert scene.canaries.found_in(scene.app.log()) == set()
    assert scene.canaries.found_in(metrics) == set()
    assert scene.canaries.found_in(traces) == set()


def succeed(caller: Caller) -> None:
    for path in PATHS:
        for stream in (False, True):
            assert caller.ask(path, stream=stream).status_code == 200
    assert caller.send("GET", "/health/ready").status_code == 200


def fail_at_the_provider(caller: Caller, provider: Provider) -> None:
    for mode in (400, 401, 403, 404, 422, 429, 500, "nonsense", "drop", "wait"):
        provider.mode = mode
        for path in PATHS[:1] if mode == "wait" else PATHS:  # waiting takes its time
            for stream in (False, True):
                caller.errors.clear()
                assert caller.ask(path, stream=stream).status_code >= 400
                # Below /v1 the provider's words about the caller's own request are passed on.
                passed_on = {"provider_error"} if path != "/generate" and mode in (400, 404, 422) else set()
                assert caller.canaries.found_in("".join(caller.errors)) == passed_on
    for mode in ("error", "cut", "pause"):
        provider.mode = mode
        for path in PATHS[:1] if mode == "pause" else PATHS:
            caller.errors.clear()
            assert caller.ask(path, stream=True).status_code == 200
            assert caller.canaries.found_in("".join(caller.errors)) == {"delta"}
    provider.mode = "answer"


def fail_here(caller: Caller) -> None:
    canaries = caller.canaries
    caller.errors.clear()
    statuses = [
        caller.send("GET", "/nowhere").status_code,
        caller.send("DELETE", "/generate").status_code,
        caller.send("POST", "/generate", content=canaries.prompt).status_code,
        caller.send("POST", PATHS[1], content=canaries.prompt).status_code,
        caller.ask("/generate", stream=False, max_tokens=canaries.prompt).status_code,
        caller.ask("/generate", stream=False, prompt={canaries.field_name: canaries.prompt}).status_code,
        caller.ask("/generate", stream=False, prompt=canaries.prompt * 100).status_code,
        caller.ask("/generate", stream=False, prompt="").status_code,
        caller.send("GET", "/health", headers={"X-Long": canaries.header * 1200}).status_code,
        caller.send("POST", "/broken", json={"prompt": canaries.prompt}).status_code,
        caller.send("GET", "/v1/models", headers={"Authorization": canaries.wrong_key}).status_code,
        caller.send("GET", "/v1/models", headers={"X-API-Key": canaries.wrong_key}).status_code,
        caller.send("GET", "/", headers={"Authorization": f"Bearer {canaries.wrong_key}"}).status_code,
    ]
    assert statuses == [404, 405, 422, 400, 422, 422, 413, 422, 431, 500, 401, 200, 401]
    assert canaries.found_in("".join(caller.errors)) == set()

    unknown = caller.ask(PATHS[1], stream=False, model=canaries.model)
    assert canaries.found_in(unknown.text) == {"model"}  # as OpenAI does


def leave(caller: Caller, provider: Provider) -> None:
    for mode, streams in (("wait", (False, True)), ("pause", (True,))):
        provider.mode = mode
        for path in PATHS:
            for stream in streams:
                caller.leave(path, stream=stream)


def what_was_told(scene: Scene) -> tuple[str, str]:
    """Metrics and traces, when the log has every request and the collector every span."""
    scene.metrics.expect("requests_total", 6, outcome="client_closed")
    scene.metrics.expect("requests_in_flight", 0)
    expected = {line["trace_id"] for line in scene.app.events("request") if "trace_id" in line}
    assert len(expected) > 60

    def told() -> str | None:
        text = b"".join(scene.collector.bodies)
        complete = all(scene.collector.spans(trace_id) for trace_id in expected)
        return text.decode(errors="replace") if complete else None

    return scene.metrics.text(), wait_for(told, "all spans have arrived", PATIENCE_SECONDS)
