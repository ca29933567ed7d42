from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.redis import running_redis

from .conftest import StartApp
from .serving import App, Provider

BUDGET = 15


@pytest.fixture(scope="module", params=["memory", "redis"])
def app(
    request: pytest.FixtureRequest, launch: StartApp, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[App]:
    directory: Path = tmp_path_factory.mktemp("redis")
    with running_redis(directory) as redis:
        url = redis.url if request.param == "redis" else ""
        yield launch(TOKENS_PER_MINUTE=str(BUDGET), RATE_LIMIT_STORE_URL=url)


def test_a_budget_that_is_used_up_is_refused_before_the_provider_is_asked(
    app: App, provider: Provider
) -> None:
    first = app.generate("one two three four", client="127.0.0.21")
    spent = first.json()["usage"]["total_tokens"]
    second = app.generate("one two three four", client="127.0.0.21")
    refused = app.generate("one two three four", client="127.0.0.21")

    assert [answer.status_code for answer in (first, second, refused)] == [200, 200, 429]
    assert first.headers["X-RateLimit-Limit-Tokens"] == str(BUDGET)
    assert first.headers["X-RateLimit-Remaining-Tokens"] == str(BUDGET)
    assert 0 < BUDGET - spent <= int(second.headers["X-RateLimit-Remaining-Tokens"]) < BUDGET
    assert refused.json()["error"]["code"] == "token_budget_used_up"
    assert refused.headers["X-RateLimit-Remaining-Tokens"] == "0"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60 * (2 * spent - BUDGET) / BUDGET + 1
    assert int(refused.headers["X-RateLimit-Reset-Tokens"]) > int(refused.headers["Retry-After"])
    assert provider.calls("/v1/chat/completions") == 2


def test_a_stream_is_charged_too(app: App, provider: Provider) -> None:
    answer = app.generate("one two three four", client="127.0.0.24", stream=True)
    assert '"total_tokens":10' in answer.text

    after = app.generate(client="127.0.0.24")
    assert 5 <= int(after.headers["X-RateLimit-Remaining-Tokens"]) < BUDGET


def test_another_client_has_a_budget_of_its_own(app: App, provider: Provider) -> None:
    assert app.generate(client="127.0.0.22").headers["X-RateLimit-Remaining-Tokens"] == str(BUDGET)


def test_a_refused_request_costs_no_tokens(app: App, provider: Provider) -> None:
    for _ in range(3):
        assert app.generate("", client="127.0.0.23").status_code == 422

    assert app.generate(client="127.0.0.23").headers["X-RateLimit-Remaining-Tokens"] == str(BUDGET)


def test_without_a_budget_nothing_is_said_of_one(shared_app: App, provider: Provider) -> None:
    assert "X-RateLimit-Limit-Tokens" not in shared_app.generate().headers
