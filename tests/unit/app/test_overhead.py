"""How much of an answer's time is ours, and which id its calls to the provider carry."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from .conftest import StartApp
from .secret_stores import SecretStore, serving_secrets
from .serving import PATIENCE_SECONDS, App, Provider
from .streams import events, names, streaming

CHAT = "/v1/chat/completions"
HEADER = "X-Overhead-Duration-Ms"
SLOW = 1.0  # seconds of somebody else; ours are far less


def assert_not_ours(app: App, request_id: str, header: str, seconds: float = SLOW) -> None:
    line = app.request_line(request_id)
    assert line["overhead_ms"] == float(header)
    assert line["duration_ms"] >= seconds * 1000
    assert 0 < line["overhead_ms"] < SLOW * 1000 / 2


@pytest.mark.parametrize("fault", [{}, {"status": 500}], ids=["answered", "failed"])
def test_waiting_for_the_provider_is_not_ours(app: App, provider: Provider, fault: dict[str, Any]) -> None:
    provider.set_fault(path=CHAT, latency_seconds=SLOW, **fault)
    request_id = secrets.token_hex(8)

    answer = app.generate(headers={"X-Request-ID": request_id})

    assert_not_ours(app, request_id, answer.headers[HEADER])


def test_pauses_between_attempts_are_not_ours(launch: StartApp, provider: Provider) -> None:
    app = launch(OPENAI_MAX_RETRIES="1", STREAM_HEARTBEAT_SECONDS="0.2")
    provider.set_fault(path=CHAT, count=1, status=429, retry_after=SLOW)

    answer = app.generate(headers={"X-Request-ID": "patient"})

    assert answer.status_code == 200
    assert_not_ours(app, "patient", answer.headers[HEADER])

    provider.set_fault(path=CHAT, pause_after=0, pause_seconds=SLOW)  # a heartbeat begins the answer
    with streaming(app, request_id="beating") as response:
        assert names(list(events(response)))[0] == ":"
    assert_not_ours(app, "beating", response.headers[HEADER])


def test_of_a_stream_it_is_what_comes_before_the_first_token(app: App, provider: Provider) -> None:
    provider.set_fault(path=CHAT, latency_seconds=SLOW / 2, pause_after=2, pause_seconds=SLOW)
    with streaming(app, request_id="slow-stream") as response:
        list(events(response))

    assert_not_ours(app, "slow-stream", response.headers[HEADER], SLOW * 1.5)


def test_a_caller_who_is_slow_to_send_is_not_ours(app: App, provider: Provider) -> None:
    host, port = app.url.removeprefix("http://").split(":")
    body = b'{"prompt": "one"}'
    head = (
        f"POST /generate HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"X-Request-ID: slow-caller\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), PATIENCE_SECONDS) as connection:
        connection.sendall(head.encode() + body[:5])
        time.sleep(SLOW)
        connection.sendall(body[5:])
        answer = connection.makefile("rb").read().decode()

    [header] = [line for line in answer.splitlines() if line.lower().startswith(HEADER.lower())]
    assert_not_ours(app, "slow-caller", header.partition(": ")[2])


def test_answers_that_ask_nobody_have_it_too(app: App) -> None:
    assert float(app.get("/health").headers[HEADER]) > 0


@pytest.fixture
def store(key: str) -> Iterator[SecretStore]:
    with serving_secrets(key) as store:
        yield store


@pytest.mark.parametrize("stream", [False, True])
def test_every_call_to_the_provider_has_the_requests_id(
    launch: StartApp, provider: Provider, store: SecretStore, stream: bool
) -> None:
    settings = store.settings("aws", google_credentials="")
    app = launch(**settings, OPENAI_MAX_RETRIES="1", OPENAI_FALLBACK_MODEL="gpt-4o")
    app.get("/health/ready")
    store.value = f"sk-{secrets.token_urlsafe(32)}"
    provider.accept_keys(store.value)  # one call is refused, and made again
    provider.set_fault(path=CHAT, model="gpt-4o-mini", status=500, count=2)
    sent = {"X-Request-ID": secrets.token_hex(8)}

    assert app.generate(stream=stream, headers=sent).status_code == 200
    generated = app.generate(stream=stream)

    calls = [call for call in provider.report()["recent"] if call["path"] == CHAT]
    ids = [call["headers"]["x-request-id"] for call in calls]
    assert ids == [sent["X-Request-ID"]] * 4 + [generated.headers["X-Request-ID"]]
