from __future__ import annotations

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.ports import free_ports
from tests.support.waiting import wait_for

from .conftest import StartApp
from .serving import PATIENCE_SECONDS, App, Provider, provider_command, running

CHAT = "/v1/chat/completions"
MODEL, OTHER_MODEL = "gpt-4o-mini", "gpt-4o"


@pytest.fixture(scope="module")
def other_key() -> str:
    return f"sk-{secrets.token_urlsafe(32)}"


@pytest.fixture(scope="module")
def second(key: str, other_key: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """A second provider, which takes both keys."""
    log = tmp_path_factory.mktemp("second") / "log"
    settings = {"PROVIDER_KEYS": f"{key},{other_key}"}
    with running(Provider, provider_command, settings, log, "/_admin/health") as provider:
        yield provider


@pytest.fixture(scope="module")
def doubled(launch: StartApp, second: Provider) -> App:
    """Has a second endpoint, and two seconds."""
    return launch(OPENAI_FALLBACK_BASE_URL=second.api, OPENAI_TIMEOUT_SECONDS="2")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("status", [404, 429, 500])
def test_another_model_is_asked(launch: StartApp, provider: Provider, status: int, stream: bool) -> None:
    app = launch(OPENAI_FALLBACK_MODEL=OTHER_MODEL)
    provider.set_fault(path=CHAT, model=MODEL, status=status)

    answer = app.generate(stream=stream)

    assert answer.status_code == 200
    assert f'"model":"{OTHER_MODEL}"' in answer.text.replace(" ", "")
    assert [call["model"] for call in provider.report()["recent"]][-2:] == [MODEL, OTHER_MODEL]


def test_the_fallback_model_is_for_what_another_model_can_cure(launch: StartApp, provider: Provider) -> None:
    app = launch(OPENAI_FALLBACK_MODEL=OTHER_MODEL)
    provider.set_fault(path=CHAT, model=MODEL, status=400)

    assert app.generate().status_code == 400
    assert provider.calls(CHAT) == 1


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "fault",
    [{"status": 503}, {"status": 401}, {"drop_connection": True}, {"silent": True}, {"error_after": 0}],
    ids=str,
)
def test_another_endpoint_is_asked(
    launch: StartApp, provider: Provider, second: Provider, fault: dict[str, object], stream: bool
) -> None:
    second.reset()
    app = launch(
        OPENAI_FALLBACK_BASE_URL=second.api,
        OPENAI_TIMEOUT_SECONDS="2",
        OPENAI_FIRST_TOKEN_TIMEOUT_SECONDS="1",
    )
    if "error_after" in fault and not stream:
        fault = {"status": 500}
    provider.set_fault(path=CHAT, **fault)

    assert app.generate(stream=stream).status_code == 200
    assert (provider.calls(CHAT), second.calls(CHAT)) == (1, 1)


def test_an_endpoint_that_is_down_does_not_keep_the_service_from_answering(
    launch: StartApp, second: Provider
) -> None:
    second.reset()
    [port] = free_ports(1)
    app = launch(OPENAI_BASE_URL=f"http://127.0.0.1:{port}/v1", OPENAI_FALLBACK_BASE_URL=second.api)

    assert app.get("/health/ready").status_code == 200
    assert app.generate().status_code == 200


def test_the_second_endpoint_has_its_own_key(
    launch: StartApp, provider: Provider, second: Provider, other_key: str
) -> None:
    second.accept_keys(other_key)
    app = launch(OPENAI_FALLBACK_BASE_URL=second.api, OPENAI_FALLBACK_API_KEY=other_key)
    provider.set_fault(path=CHAT, status=503)

    assert app.generate().status_code == 200


def test_when_all_fail_the_first_failure_is_told(doubled: App, provider: Provider, second: Provider) -> None:
    provider.set_fault(path=CHAT, status=429, retry_after=17)
    second.set_fault(path=CHAT, status=500)

    answer = doubled.generate()

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "17")


def test_a_full_instance_says_so_and_has_room_again(launch: StartApp, provider: Provider) -> None:
    app = launch(MAX_CONCURRENT_UPSTREAM_CALLS="2")
    provider.set_fault(path=CHAT, latency_seconds=1)
    with ThreadPoolExecutor(2) as threads:
        running_calls = [threads.submit(app.generate, stream=stream) for stream in (True, False)]
        wait_for(lambda: provider.report()["in_flight"] == 2, "two calls are in flight", PATIENCE_SECONDS)

        refused = app.generate()

        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
        assert refused.json()["error"]["code"] == "at_capacity"
        assert app.get("/health").status_code == 200
        assert [call.result().status_code for call in running_calls] == [200, 200]
    assert app.generate().status_code == 200
    assert provider.report()["max_in_flight"] == 2
