"""The numbers of one process, as Prometheus reads them."""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.api_keys import generate, hashed
from tests.support.ports import free_ports
from tests.support.redis import running_redis

from .conftest import StartApp
from .observing import Scraper
from .secret_stores import serving_secrets
from .serving import App, Provider
from .streams import events, streaming

CHAT = "/v1/chat/completions"
MODEL, OTHER_MODEL = "gpt-4o-mini", "gpt-4o"

StartMeasured = Callable[..., tuple[App, Scraper]]


@pytest.fixture(scope="module")
def start(launch: StartApp) -> StartMeasured:
    def launch_measured(**settings: str) -> tuple[App, Scraper]:
        [port] = free_ports(1)
        return launch(METRICS_PORT=str(port), METRICS_HOST="127.0.0.1", **settings), Scraper(port)

    return launch_measured


@pytest.fixture(scope="module")
def measured(start: StartMeasured) -> tuple[App, Scraper]:
    return start(OPENAI_MAX_RETRIES="1", OPENAI_FALLBACK_MODEL=OTHER_MODEL)


def test_requests_calls_and_tokens_are_counted(start: StartMeasured, provider: Provider) -> None:
    app, metrics = start()
    provider.set_fault(path=CHAT, latency_seconds=0.2, delta_seconds=0.05)

    assert app.generate("one two").status_code == 200
    with streaming(app, "one two") as response:
        list(events(response))

    generate = {"method": "POST", "route": "/generate"}
    metrics.expect("requests_total", 2, **generate, status="200", outcome="answered")
    assert metrics.value("request_duration_seconds_count", route="/generate", status_class="2xx") == 2
    assert metrics.value("request_duration_seconds_sum", route="/generate") > 0.6
    assert 0 < metrics.value("overhead_seconds_sum", route="/generate") < 0.4
    assert metrics.value("time_to_first_token_seconds_count", route="/generate") == 1
    assert metrics.value("time_to_first_token_seconds_sum", route="/generate") > 0.2

    target = {"endpoint": "primary", "model": MODEL}
    assert metrics.value("upstream_calls_total", **target, outcome="answered") == 2
    assert metrics.value("upstream_call_duration_seconds_count", **target) == 2
    assert metrics.value("upstream_call_duration_seconds_sum", **target) > 0.6
    assert metrics.value("upstream_time_to_first_token_seconds_count", **target) == 1
    assert metrics.value("tokens_total", model=MODEL, kind="prompt") == 4
    assert metrics.value("tokens_total", model=MODEL, kind="completion") == 8
    assert metrics.value("build_info", version="0.1.0") == 1
    assert "_created" not in metrics.text()


def test_what_runs_is_shown(measured: tuple[App, Scraper], provider: Provider) -> None:
    app, metrics = measured
    provider.set_fault(path=CHAT, latency_seconds=1)

    with ThreadPoolExecutor(2) as threads:
        asked = [threads.submit(app.generate) for _ in range(2)]
        metrics.expect("requests_in_flight", 2)
        metrics.expect("upstream_calls_in_flight", 2)
        assert [answer.result().status_code for answer in asked] == [200, 200]

    metrics.expect("requests_in_flight", 0)
    metrics.expect("upstream_calls_in_flight", 0)


def test_failures_retries_and_fallbacks_are_told_apart(
    measured: tuple[App, Scraper], provider: Provider
) -> None:
    app, metrics = measured
    provider.set_fault(path=CHAT, model=MODEL, status=500)

    assert app.generate().status_code == 200

    metrics.expect("upstream_calls_total", 2, model=MODEL, outcome="provider_error")
    assert metrics.value("upstream_retries_total", endpoint="primary", model=MODEL) == 1
    assert metrics.value("upstream_fallbacks_total", endpoint="primary", model=OTHER_MODEL) == 1
    assert metrics.value("upstream_retries_total", model=OTHER_MODEL) == 0


def test_the_tokens_of_a_client_that_left_are_counted(
    measured: tuple[App, Scraper], provider: Provider
) -> None:
    app, metrics = measured
    before = metrics.value("tokens_total", kind="completion")
    provider.set_fault(path=CHAT, pause_after=3, pause_seconds=3600)

    with streaming(app) as response:
        next(events(response))

    metrics.expect("requests_total", 1, status="499", outcome="client_closed")
    metrics.expect("upstream_calls_total", 1, outcome="cancelled")
    assert metrics.value("tokens_total", kind="completion") == before + 3


def test_refusals_have_a_reason(start: StartMeasured, provider: Provider) -> None:
    rated, frugal, free = generate(), generate(), generate()
    keys = [
        {"id": "rated", "sha256": hashed(rated), "requests_per_minute": 1},
        {"id": "frugal", "sha256": hashed(frugal), "tokens_per_minute": 1},
        {"id": "free", "sha256": hashed(free)},
    ]
    app, metrics = start(
        API_KEYS_SOURCE="env", API_KEYS=json.dumps({"keys": keys}), MAX_CONCURRENT_UPSTREAM_CALLS="1"
    )

    def status(key: str) -> int:
        return app.generate(headers={"X-API-Key": key}).status_code

    assert status("unknown") == 401
    assert [status(rated), status(rated)] == [200, 429]
    assert [status(frugal), status(frugal)] == [200, 429]
    provider.set_fault(path=CHAT, latency_seconds=1)
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(status, free)
        metrics.expect("upstream_calls_in_flight", 1)
        assert status(free) == 503
        assert asked.result() == 200
    for reason in ("auth", "rate", "tokens", "capacity"):
        metrics.expect("refused_requests_total", 1, reason=reason)


def test_a_lost_store_of_limits_shows(start: StartMeasured, provider: Provider, tmp_path: Path) -> None:
    with running_redis(tmp_path) as redis:
        app, metrics = start(RATE_LIMIT_STORE_URL=redis.url, RATE_LIMIT_STORE_TIMEOUT_SECONDS="0.2")
        assert app.generate().status_code == 200
        metrics.expect("limiter_degraded", 0)

        redis.hang()
        assert app.generate().status_code == 200
        metrics.expect("limiter_degraded", 1)

        redis.resume()
        metrics.expect("limiter_degraded", 0)


def test_fetched_keys_are_counted(start: StartMeasured, provider: Provider, key: str) -> None:
    with serving_secrets(key) as store:
        app, metrics = start(**store.settings("aws", google_credentials=""))
        metrics.expect("key_fetches_total", 1, keys="provider", outcome="new")
        store.value = new_key = f"sk-{secrets.token_urlsafe(32)}"
        provider.accept_keys(new_key)
        assert app.generate().status_code == 200
        metrics.expect("key_fetches_total", 2, keys="provider", outcome="new")

        store.denied = True
        provider.accept_keys("sk-another")
        assert app.generate().status_code == 503
        metrics.expect("key_fetches_total", 1, keys="provider", outcome="failed")


def test_a_scanner_cannot_make_series(measured: tuple[App, Scraper], provider: Provider) -> None:
    app, metrics = measured

    def scan(http: httpx.Client) -> None:
        for _ in range(20):
            word = secrets.token_hex(8)
            http.get(f"/{word}.php", params={"q": word})
            http.get(f"/v1/models/{word}")
            http.request("PROPFIND", f"/{word}")
            body: dict[str, Any] = {"model": word, "messages": [{"role": "user", "content": word}]}
            http.post(CHAT, json=body)
            http.post("/generate", json={word: word}, headers={word: word})

    def labels() -> set[tuple[str, tuple[tuple[str, str], ...]]]:
        return {(sample.name, tuple(sorted(sample.labels.items()))) for sample in metrics.samples()}

    with httpx.Client(base_url=app.url, timeout=20) as http:
        scan(http)
        metrics.expect("requests_total", 20, route="other", method="other")
        seen = labels()
        scan(http)
        metrics.expect("requests_total", 40, route="other", method="other")
        assert labels() == seen

    assert metrics.value("requests_total", route="other", method="GET", status="404") == 40
    assert metrics.value("requests_total", route="/v1/models/{model:path}", status="404") == 40
    assert {sample.labels.get("model", MODEL) for sample in metrics.samples()} <= {MODEL, OTHER_MODEL}


def test_metrics_are_not_on_the_public_port(measured: tuple[App, Scraper]) -> None:
    app, _ = measured

    assert app.get("/metrics").status_code == 404


def test_a_taken_port_costs_the_metrics_only(launch: StartApp, provider: Provider) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        app = launch(METRICS_PORT=str(taken.getsockname()[1]), METRICS_HOST="127.0.0.1")

        assert app.generate().status_code == 200
        [line] = app.events("metrics not served")
        assert "in use" in line["problem"]
