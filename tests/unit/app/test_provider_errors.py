from __future__ import annotations

from typing import Any

import pytest

from tests.support.ports import free_ports
from tests.support.waiting import wait_for

from .conftest import StartApp
from .serving import PATIENCE_SECONDS, App, Provider

CHAT = "/v1/chat/completions"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"status": 400}, "400 refused_by_provider"),
        ({"status": 401}, "503 provider_key_refused"),
        ({"status": 403}, "503 provider_key_refused"),
        ({"status": 404}, "502 provider_error"),
        ({"status": 429}, "429 provider_rate_limited"),
        ({"status": 500}, "502 provider_error"),
        ({"status": 503}, "502 provider_error"),
        ({"drop_connection": True}, "502 provider_unreachable"),
    ],
    ids=str,
)
def test_each_failure_has_an_honest_status(
    app: App, provider: Provider, key: str, fault: dict[str, Any], expected: str
) -> None:
    provider.set_fault(path=CHAT, **fault)

    response = app.generate("secret words")

    body = response.json()
    assert f"{response.status_code} {body['error']['code']}" == expected
    assert body["request_id"] == response.headers["X-Request-ID"]
    assert "secret words" not in response.text
    assert key not in response.text


def test_retry_after_is_passed_on(app: App, provider: Provider) -> None:
    provider.set_fault(status=429, retry_after=17)

    assert app.generate().headers["Retry-After"] == "17"


def test_a_refused_connection_is_502(launch: StartApp) -> None:
    [port] = free_ports(1)

    response = launch(OPENAI_BASE_URL=f"http://127.0.0.1:{port}/v1").generate()

    assert response.status_code == 502
    assert response.json()["error"]["code"] == "provider_unreachable"


@pytest.fixture(scope="module")
def patient(launch: StartApp) -> App:
    """Tries three times, within a second."""
    return launch(OPENAI_MAX_RETRIES="2", OPENAI_TIMEOUT_SECONDS="1")


def test_a_passing_failure_is_not_seen(patient: App, provider: Provider) -> None:
    provider.set_fault(path=CHAT, status=503, count=2)

    assert patient.generate().status_code == 200
    assert provider.calls(CHAT) == 3


def test_retries_are_bounded(patient: App, provider: Provider) -> None:
    provider.set_fault(path=CHAT, status=503)

    assert patient.generate().status_code == 502
    assert provider.calls(CHAT) == 3


def test_what_cannot_succeed_is_not_repeated(patient: App, provider: Provider) -> None:
    provider.set_fault(path=CHAT, status=400)

    assert patient.generate().status_code == 400
    assert provider.calls(CHAT) == 1


def test_a_long_retry_after_is_the_callers_to_wait_for(patient: App, provider: Provider) -> None:
    provider.set_fault(path=CHAT, status=429, retry_after=30)

    assert patient.generate().headers["Retry-After"] == "30"
    assert provider.calls(CHAT) == 1


def test_a_silent_provider_is_504_and_let_go(patient: App, provider: Provider) -> None:
    provider.set_fault(path=CHAT, silent=True)

    response = patient.generate()

    assert response.status_code == 504
    assert response.json()["error"]["code"] == "provider_timeout"
    wait_for(lambda: provider.report()["disconnects"] == 1, "the call is given up", PATIENCE_SECONDS)
    assert provider.calls(CHAT) == 1
