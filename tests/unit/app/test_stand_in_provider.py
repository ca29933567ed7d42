"""The stand-in must be to the openai SDK what the real provider is, or the other tests prove little."""

from __future__ import annotations

import httpx
import openai
import pytest
from openai.types.chat import ChatCompletionUserMessageParam

from tests.support.waiting import wait_for

from .serving import PATIENCE_SECONDS, Provider

MODEL = "gpt-4o-mini"


def prompt(text: str) -> list[ChatCompletionUserMessageParam]:
    return [{"role": "user", "content": text}]


@pytest.fixture
def client(provider: Provider, key: str) -> openai.OpenAI:
    return openai.OpenAI(api_key=key, base_url=provider.api, max_retries=0)


def test_completes(client: openai.OpenAI) -> None:
    completion = client.chat.completions.create(model=MODEL, messages=prompt("a b c"), max_tokens=4)

    assert completion.choices[0].message.content == "You said: a b"
    assert completion.choices[0].finish_reason == "length"
    assert completion.usage is not None
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (3, 4)


def test_streams_the_same_answer(client: openai.OpenAI) -> None:
    chunks = list(
        client.chat.completions.create(
            model=MODEL, messages=prompt("a b"), stream=True, stream_options={"include_usage": True}
        )
    )

    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == "You said: a b"
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens == 6


def test_lists_models(client: openai.OpenAI) -> None:
    assert MODEL in [model.id for model in client.models.list()]
    assert client.models.retrieve(MODEL).id == MODEL
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("no-such-model")


def test_keys_can_be_exchanged(client: openai.OpenAI, provider: Provider, key: str) -> None:
    provider.accept_keys("sk-another")
    with pytest.raises(openai.AuthenticationError):
        client.models.list()

    provider.accept_keys("sk-another", key)
    assert client.models.list()


def test_a_fault_ends_after_its_count(client: openai.OpenAI, provider: Provider) -> None:
    provider.set_fault(status=429, retry_after=3, count=1)

    with pytest.raises(openai.RateLimitError) as refusal:
        client.models.list()

    assert refusal.value.response.headers["Retry-After"] == "3"
    assert client.models.list()


def test_an_unknown_fault_is_refused(provider: Provider) -> None:
    response = httpx.put(f"{provider.url}/_admin/faults", json={"latency": 3})

    assert response.status_code == 400
    assert "latency_seconds" in response.json()["error"]


def test_a_client_that_leaves_a_stream_is_noticed(client: openai.OpenAI, provider: Provider) -> None:
    provider.set_fault(delta_seconds=0.2)

    with client.chat.completions.create(model=MODEL, messages=prompt("word " * 1000), stream=True) as stream:
        next(iter(stream))

    wait_for(lambda: provider.report()["disconnects"] == 1, "the disconnect is counted", PATIENCE_SECONDS)
    assert provider.report()["in_flight"] == 0


def test_neither_keys_nor_prompts_are_kept(client: openai.OpenAI, provider: Provider, key: str) -> None:
    client.chat.completions.create(model=MODEL, messages=prompt("secret words"))

    report = provider.get("/_admin/requests").text
    assert "/v1/chat/completions" in report
    assert key not in report
    assert "secret words" not in report
