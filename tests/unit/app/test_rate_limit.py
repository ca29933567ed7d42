from __future__ import annotations

from itertools import count

import httpx
import pytest

from .conftest import StartApp
from .serving import App, Provider

LIMIT = 20


@pytest.fixture(scope="module")
def direct(launch: StartApp) -> App:
    """Limited to the default, reached without a proxy."""
    return launch(RATE_LIMIT_PER_MINUTE="")


@pytest.fixture(scope="module")
def proxied(launch: StartApp) -> App:
    """The same behind one trusted proxy."""
    return launch(RATE_LIMIT_PER_MINUTE="", TRUSTED_PROXY_HOPS="1")


@pytest.fixture(autouse=True)
def _fresh(provider: Provider) -> None:
    """Every test has a working provider."""


def statuses(responses: list[httpx.Response]) -> list[int]:
    return [response.status_code for response in responses]


def test_the_21st_request_of_a_minute_is_refused(direct: App, provider: Provider) -> None:
    admitted = [direct.generate(client="127.0.0.10") for _ in range(LIMIT)]
    refused = direct.generate(client="127.0.0.10")

    assert statuses(admitted) == [200] * LIMIT
    assert [response.headers["X-RateLimit-Limit"] for response in admitted] == ["20"] * LIMIT
    assert [int(response.headers["X-RateLimit-Remaining"]) for response in admitted] == [*range(19, -1, -1)]
    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == "rate_limited"
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["X-RateLimit-Reset"] == refused.headers["Retry-After"]
    assert provider.calls("/v1/chat/completions") == LIMIT


def test_two_clients_are_counted_apart(direct: App) -> None:
    for _ in range(LIMIT):
        direct.generate(client="127.0.0.11")

    assert direct.generate(client="127.0.0.11").status_code == 429
    assert direct.generate(client="127.0.0.12").status_code == 200


def test_only_generate_is_limited(direct: App) -> None:
    responses = [direct.get("/health") for _ in range(LIMIT + 5)]

    assert statuses(responses) == [200] * (LIMIT + 5)
    assert "X-RateLimit-Limit" not in responses[0].headers


def test_invalid_requests_count(direct: App) -> None:
    responses = [direct.generate("", client="127.0.0.13") for _ in range(LIMIT + 1)]

    assert statuses(responses) == [422] * LIMIT + [429]


def test_without_a_proxy_a_forged_header_changes_nothing(direct: App) -> None:
    responses = [direct.generate(headers={"X-Forwarded-For": f"198.51.100.{n}"}) for n in range(LIMIT + 5)]

    assert statuses(responses) == [200] * LIMIT + [429] * 5


def test_behind_a_proxy_only_its_own_entry_counts(proxied: App) -> None:
    forged = count()

    def via_proxy(client: str) -> httpx.Response:
        """The client sends a header of its own and the proxy appends the address it saw."""
        return proxied.generate(headers={"X-Forwarded-For": f"198.51.100.{next(forged)}, {client}"})

    responses = [via_proxy("203.0.113.1") for _ in range(LIMIT + 5)]

    assert statuses(responses) == [200] * LIMIT + [429] * 5
    assert via_proxy("203.0.113.2").status_code == 200


def test_behind_a_proxy_a_second_header_line_is_not_the_first(proxied: App) -> None:
    def send(number: int) -> httpx.Response:
        headers = [("X-Forwarded-For", f"198.51.100.{number}"), ("X-Forwarded-For", "203.0.113.3")]
        return httpx.post(f"{proxied.url}/generate", json={"prompt": "hi"}, headers=headers)

    assert statuses([send(number) for number in range(LIMIT + 1)]) == [200] * LIMIT + [429]
