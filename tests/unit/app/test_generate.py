from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from .conftest import StartApp
from .serving import App, Provider


def test_answers_a_prompt(app: App) -> None:
    response = app.generate("why is the sky blue")

    assert response.status_code == 200
    answer = response.json()
    assert answer.pop("latency_ms") > 0
    assert answer == {
        "content": "You said: why is the sky blue",
        "model": "gpt-4o-mini",
        "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12},
    }


def test_max_tokens_reaches_the_provider(app: App) -> None:
    assert app.generate("a b c d", max_tokens=3).json()["content"] == "You said: a"


def test_the_model_is_a_setting(launch: StartApp, provider: Provider) -> None:
    assert launch(OPENAI_MODEL="gpt-4o").generate().json()["model"] == "gpt-4o"


@pytest.mark.parametrize(
    "fields",
    [
        {"prompt": "x" * 10_000},
        {"prompt": "\N{SLICE OF PIZZA}" * 10_000},
        {"temperature": 0},
        {"temperature": 2},
        {"max_tokens": 1},
        {"max_tokens": 4096},
    ],
    ids="-".join,
)
def test_accepts_the_bounds(app: App, fields: dict[str, Any]) -> None:
    assert app.generate(**fields).status_code == 200


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": "x" * 10_001}, "prompt"),
        ({"prompt": None}, "prompt"),
        ({"prompt": ["secret words"]}, "prompt"),
        ({"temperature": -0.1}, "temperature"),
        ({"temperature": 2.1}, "temperature"),
        ({"temperature": "warm"}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 4097}, "max_tokens"),
        ({"max_tokens": 1.5}, "max_tokens"),
    ],
)
def test_refuses_what_is_out_of_bounds(
    app: App, provider: Provider, fields: dict[str, Any], field: str
) -> None:
    response = app.generate(**{"prompt": "secret words", **fields})

    assert response.status_code == 422
    error = response.json()["error"]
    assert error["code"] == "invalid_request"
    assert [problem["loc"] for problem in error["details"]] == [["body", field]]
    assert "secret words" not in response.text
    assert provider.report()["total"] == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"prompt": "\\ud800"}',
        b'{"prompt": "x", "temperature": NaN}',
        b"\xff",
        b"[" * 9999,
    ],
    ids=["empty", "cut", "list", "no-prompt", "surrogate", "nan", "not-utf-8", "deep"],
)
def test_refuses_a_malformed_body(app: App, body: bytes) -> None:
    response = httpx.post(f"{app.url}/generate", content=body, headers={"Content-Type": "application/json"})

    assert response.status_code in (400, 422)
    assert response.json()["error"]["message"]


def test_errors_of_routing_have_the_same_shape(app: App) -> None:
    missing, wrong_method = app.get("/nowhere"), app.get("/generate")

    assert (missing.status_code, wrong_method.status_code) == (404, 405)
    for response, code in ((missing, "not_found"), (wrong_method, "method_not_allowed")):
        body = response.json()
        assert body["error"]["code"] == code
        assert body["request_id"] == response.headers["X-Request-ID"]


def test_health_tells_the_time_and_asks_nobody(app: App, provider: Provider) -> None:
    body = app.get("/health").json()

    assert body.keys() == {"status", "timestamp"}
    assert body["status"] == "healthy"
    timestamp = datetime.fromisoformat(body["timestamp"])
    assert timestamp.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - timestamp) < timedelta(minutes=1)
    assert provider.report()["total"] == 0


def test_a_request_id_is_made_or_taken_over(app: App) -> None:
    made = app.get("/health").headers["X-Request-ID"]
    taken = app.get("/health", headers={"X-Request-ID": "order-66:a/b"}).headers["X-Request-ID"]

    assert len(made) == 32
    assert taken == "order-66:a/b"


@pytest.mark.parametrize("proposed", ["x" * 129, "a b", 'quote"', "ümlaut".encode(), ""])
def test_a_harmful_request_id_is_replaced(app: App, proposed: str | bytes) -> None:
    response = httpx.get(
        f"{app.url}/health",
        headers=[(b"X-Request-ID", proposed if isinstance(proposed, bytes) else proposed.encode())],
    )

    assert len(response.headers["X-Request-ID"]) == 32


def test_the_connection_is_kept(app: App) -> None:
    with httpx.Client(base_url=app.url) as client:
        streams = [client.get("/health").extensions["network_stream"] for _ in range(3)]
        addresses = {stream.get_extra_info("client_addr") for stream in streams}

    assert len(addresses) == 1
