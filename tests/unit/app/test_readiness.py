from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx

from .conftest import StartApp
from .serving import App, Provider

MODELS = "/v1/models"


def assert_unready(response: httpx.Response, reason: str) -> None:
    assert response.status_code == 503
    body = response.json()
    assert body["status"] == "unready"
    assert reason in body["reason"]


def test_ready_when_the_provider_takes_our_key(app: App, provider: Provider) -> None:
    response = app.get("/health/ready")

    assert (response.status_code, response.json()) == (200, {"status": "ready"})
    assert provider.calls(MODELS) == 1


def test_many_probes_are_one_call(launch: StartApp, provider: Provider) -> None:
    app = launch(READINESS_CACHE_SECONDS="60")
    provider.set_fault(path=MODELS, latency_seconds=0.3)

    with ThreadPoolExecutor(20) as threads:
        together = list(threads.map(lambda _: app.get("/health/ready").status_code, range(20)))
    later = [app.get("/health/ready").status_code for _ in range(5)]

    assert together + later == [200] * 25
    assert provider.calls(MODELS) == 1


def test_a_failure_is_cached_as_well(launch: StartApp, provider: Provider) -> None:
    app = launch(READINESS_CACHE_SECONDS="60")
    provider.set_fault(path=MODELS, status=500)

    for _ in range(5):
        assert_unready(app.get("/health/ready"), "500")

    assert provider.calls(MODELS) == 1


def test_unready_while_the_key_is_refused(app: App, provider: Provider, key: str) -> None:
    provider.accept_keys("sk-another")
    assert_unready(app.get("/health/ready"), "does not accept")
    assert app.get("/health").status_code == 200

    provider.accept_keys(key)
    assert app.get("/health/ready").status_code == 200


def test_a_refused_key_is_noticed_before_the_next_probe(launch: StartApp, provider: Provider) -> None:
    app = launch(READINESS_CACHE_SECONDS="60")
    assert app.get("/health/ready").status_code == 200

    provider.accept_keys("sk-another")
    assert app.generate().status_code == 503

    assert_unready(app.get("/health/ready"), "does not accept")
    assert provider.calls(MODELS) == 1


def test_a_busy_provider_or_a_narrow_key_is_no_reason_to_leave(app: App, provider: Provider) -> None:
    for status in (429, 403):
        provider.set_fault(path=MODELS, status=status)
        assert app.get("/health/ready").status_code == 200


def test_unready_when_the_provider_is_silent(launch: StartApp, provider: Provider) -> None:
    app = launch(OPENAI_CONNECT_TIMEOUT_SECONDS="0.2")
    provider.set_fault(silent=True)

    assert_unready(app.get("/health/ready"), "did not answer in time")


def test_without_a_key_the_service_starts_and_says_so(launch: StartApp) -> None:
    app = launch(OPENAI_API_KEY="")

    assert app.get("/health").status_code == 200
    assert_unready(app.get("/health/ready"), "OPENAI_API_KEY")
    refused = app.generate()
    assert refused.status_code == 503
    assert refused.json()["error"]["code"] == "no_provider_key"
