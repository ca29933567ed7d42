from __future__ import annotations

import secrets

import httpx
import pytest

from .conftest import StartApp
from .serving import App, Provider


@pytest.fixture(scope="module")
def talkative(launch: StartApp) -> App:
    """Everything that can be logged is."""
    return launch("tests.unit.app.broken:create_app", LOG_LEVEL="DEBUG", OPENAI_LOG="debug")


def test_one_line_a_request(app: App) -> None:
    response = app.generate("one two", headers={"X-Request-ID": "log-me"}, client="127.0.0.7")

    assert response.status_code == 200
    line = app.request_line("log-me")
    assert line.pop("timestamp").endswith("Z")
    assert line.pop("duration_ms") > line.pop("overhead_ms") > 0
    assert line == {
        "event": "request",
        "level": "info",
        "request_id": "log-me",
        "client": "127.0.0.7",
        "method": "POST",
        "path": "/generate",
        "status": 200,
        "model": "gpt-4o-mini",
        "prompt_tokens": 2,
        "completion_tokens": 4,
    }


def test_health_checks_are_only_seen_at_debug(app: App, talkative: App) -> None:
    for server in (app, talkative):
        server.get("/health", headers={"X-Request-ID": "probe"})
        server.get("/nowhere", headers={"X-Request-ID": "after"})

    assert talkative.request_line("probe")["level"] == "debug"
    assert app.request_line("after")
    assert [line for line in app.events("request") if line["request_id"] == "probe"] == []


def test_a_query_is_not_logged(app: App) -> None:
    canary = secrets.token_hex(16)
    app.get("/nowhere", params={"token": canary})

    assert canary not in app.log()


def test_an_unexpected_error_is_500_with_its_place_in_the_log(talkative: App) -> None:
    canary = secrets.token_hex(16)

    response = httpx.post(
        f"{talkative.url}/broken", json={"prompt": canary}, headers={"X-Request-ID": "broken"}
    )

    assert response.status_code == 500
    assert response.json() == {
        "error": {"code": "internal_error", "message": "Something went wrong here"},
        "request_id": "broken",
    }
    [line] = talkative.events("unexpected error")
    assert line["request_id"] == "broken"
    [link] = line["exception"]
    assert link["type"] == "builtins.ValueError"
    assert "broken.py" in link["at"][-1]
    assert canary not in talkative.log()


@pytest.mark.parametrize(
    ("fault", "status"), [(None, 200), (400, 400), (401, 503), (429, 429), (500, 502)], ids=str
)
def test_neither_prompt_nor_answer_nor_key_is_logged(
    talkative: App, provider: Provider, key: str, fault: int | None, status: int
) -> None:
    canary = secrets.token_hex(16)
    if fault:
        provider.set_fault(status=fault)

    answered = talkative.generate(canary, headers={"Authorization": f"Bearer {canary}"})
    refused = talkative.generate(canary, max_tokens=-1)

    assert (answered.status_code, refused.status_code) == (status, 422)
    assert (canary in answered.text) is (status == 200)
    log = talkative.log()
    assert answered.headers["X-Request-ID"] in log
    assert canary not in log
    assert key not in log


def test_every_line_is_json(talkative: App) -> None:
    assert talkative.events("Application startup complete.")
