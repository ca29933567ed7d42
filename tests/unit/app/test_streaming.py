from __future__ import annotations

import signal
from typing import Any

import httpx
import pytest

from tests.support.waiting import wait_for

from .conftest import StartApp
from .serving import PATIENCE_SECONDS, App, Provider
from .streams import events, names, streaming, text

CHAT = "/v1/chat/completions"
IDLE_LIMIT = 0.8


@pytest.fixture(scope="module")
def lively(launch: StartApp) -> App:
    """Sends a heartbeat long before an idle proxy loses patience; has little patience itself."""
    return launch(STREAM_HEARTBEAT_SECONDS="0.2", OPENAI_FIRST_TOKEN_TIMEOUT_SECONDS="3")


def request_line(app: App, request_id: str) -> dict[str, Any]:
    """The log's line of the request, once it is written."""

    def line() -> dict[str, Any] | None:
        return next((line for line in app.events("request") if line["request_id"] == request_id), None)

    return wait_for(line, "the request is logged", PATIENCE_SECONDS)


def test_a_stream_is_deltas_usage_and_done(app: App, provider: Provider) -> None:
    with streaming(app, "why is the sky blue", request_id="a-stream") as response:
        received = list(events(response))

    assert response.headers["Content-Type"].startswith("text/event-stream")
    assert text(received) == "You said: why is the sky blue"
    assert names(received) == ["delta"] * 7 + ["usage", "done"]
    assert received[-2][1] == {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
    done = received[-1][1]
    assert done.pop("latency_ms") > 0
    assert done == {"model": "gpt-4o-mini", "finish_reason": "stop"}
    assert provider.report()["recent"][-1]["headers"]["x-request-id"] == "a-stream"
    line = request_line(app, "a-stream")
    assert line["ttft_ms"] > 0
    assert (line["status"], line["outcome"], line["model"]) == (200, "answered", "gpt-4o-mini")
    assert (line["prompt_tokens"], line["completion_tokens"]) == (5, 7)


def test_the_first_token_is_passed_on_at_once(app: App, provider: Provider) -> None:
    provider.set_fault(path=CHAT, pause_after=2, pause_seconds=3600)

    with streaming(app) as response:
        incoming = events(response)
        assert next(incoming) == ("delta", {"content": "You"})
        assert provider.report()["in_flight"] == 1


def test_a_stream_is_counted_by_the_rate_limit(launch: StartApp, provider: Provider) -> None:
    app = launch(RATE_LIMIT_PER_MINUTE="1")
    statuses = []
    for _ in range(2):
        with streaming(app) as response:
            response.read()
        statuses.append(response.status_code)

    assert statuses == [200, 429]


@pytest.mark.parametrize("silent_after", [0, 2], ids=["before the first token", "in the middle"])
def test_heartbeats_keep_a_silent_stream_alive(lively: App, provider: Provider, silent_after: int) -> None:
    provider.set_fault(path=CHAT, pause_after=silent_after, pause_seconds=2 * IDLE_LIMIT)

    with streaming(lively, idle_limit=IDLE_LIMIT) as response:
        received = list(events(response))

    assert text(received) == "You said: one two three"
    assert names(received).count(":") >= 2
    assert names(received)[-1] == "done"


def test_without_heartbeats_an_idle_proxy_would_have_cut_it(app: App, provider: Provider) -> None:
    provider.set_fault(path=CHAT, pause_after=2, pause_seconds=2 * IDLE_LIMIT)

    with pytest.raises(httpx.ReadTimeout), streaming(app, idle_limit=IDLE_LIMIT) as response:
        list(events(response))


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"status": 429, "retry_after": 7}, 429, "provider_rate_limited"),
        ({"status": 400}, 400, "refused_by_provider"),
        ({"drop_connection": True}, 502, "provider_unreachable"),
        ({"drop_after": 0}, 502, "provider_unreachable"),
        ({"error_after": 0}, 502, "provider_error"),
    ],
    ids=str,
)
def test_an_error_before_the_first_token_is_an_ordinary_answer(
    app: App, provider: Provider, fault: dict[str, Any], status: int, code: str
) -> None:
    provider.set_fault(path=CHAT, **fault)

    response = app.generate("secret words", stream=True)

    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers.get("Retry-After") == ("7" if status == 429 else None)
    assert request_line(app, response.headers["X-Request-ID"])["outcome"] == code


def test_silence_before_the_first_token_has_its_own_limit(launch: StartApp, provider: Provider) -> None:
    app = launch(OPENAI_FIRST_TOKEN_TIMEOUT_SECONDS="0.3")
    provider.set_fault(path=CHAT, pause_after=0, pause_seconds=3600)

    assert app.generate(stream=True).status_code == 504
    wait_for(lambda: provider.report()["disconnects"] == 1, "the call is given up", PATIENCE_SECONDS)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"drop_after": 3, "delta_seconds": 0.05}, "provider_unreachable"),
        ({"error_after": 3}, "provider_error"),
        ({"pause_after": 3, "pause_seconds": 3600}, "provider_timeout"),
    ],
    ids=str,
)
def test_an_error_after_the_first_token_is_the_last_event(
    launch: StartApp, provider: Provider, fault: dict[str, Any], code: str
) -> None:
    app = launch(OPENAI_STREAM_TIMEOUT_SECONDS="1", STREAM_HEARTBEAT_SECONDS="3600")
    provider.set_fault(path=CHAT, **fault)

    with streaming(app) as response:
        received = list(events(response))

    assert response.status_code == 200
    assert names(received) == ["delta", "delta", "error"]
    error = received[-1][1]
    assert error["error"]["code"] == code
    line = request_line(app, error["request_id"])
    assert (line["outcome"], line["completion_tokens"], line["tokens_estimated"]) == (code, 3, True)


def test_an_error_after_a_heartbeat_is_an_event_too(lively: App, provider: Provider) -> None:
    provider.set_fault(path=CHAT, status=503, latency_seconds=0.6)

    with streaming(lively) as response:
        received = list(events(response))

    assert response.status_code == 200
    assert names(received)[0] == ":"
    assert received[-1][1]["error"]["code"] == "provider_error"


@pytest.mark.parametrize("path", ["/generate", CHAT])
@pytest.mark.parametrize(
    ("stream", "fault"),
    [
        (True, {"pause_after": 3, "pause_seconds": 3600}),
        (True, {"silent": True}),
        (False, {"silent": True}),
    ],
    ids=["streaming", "before the first token", "plain"],
)
def test_a_client_that_leaves_ends_the_call_within_a_second(
    app: App, provider: Provider, path: str, stream: bool, fault: dict[str, Any]
) -> None:
    provider.set_fault(path=CHAT, **fault)
    request_id = f"gone-{path}-{stream}-{'silent' in fault}"
    body = {
        "prompt": "x",
        "model": "gpt-4o-mini",
        "messages": [{"role": "user", "content": "x"}],
        "stream": stream,
    }

    with pytest.raises(httpx.ReadTimeout):  # the client gives up
        httpx.post(app.url + path, json=body, headers={"X-Request-ID": request_id}, timeout=0.4)

    wait_for(lambda: provider.report()["disconnects"] == 1, "the provider's call is cancelled", 1.0)
    line = request_line(app, request_id)
    assert (line["status"], line["outcome"]) == (499, "client_closed")


def test_a_stream_outlives_the_drain(launch: StartApp, provider: Provider) -> None:
    app = launch(DRAIN_SECONDS="0.3")
    provider.set_fault(path=CHAT, delta_seconds=0.25)
    with streaming(app, "one two three four five six") as response:
        incoming = events(response)
        first = next(incoming)

        app.process.send_signal(signal.SIGTERM)
        received = [first, *incoming]

    assert text(received) == "You said: one two three four five six"
    assert names(received)[-1] == "done"
    assert app.process.wait(PATIENCE_SECONDS) == 0
