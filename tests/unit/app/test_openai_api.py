"""The service to OpenAI's own client: a change of the base URL is all it takes."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import openai
import pytest
from openai.types.chat import ChatCompletionUserMessageParam

from .conftest import StartApp
from .serving import App, Provider

CHAT = "/v1/chat/completions"
MODEL = "gpt-4o-mini"


def prompt(text: str) -> list[ChatCompletionUserMessageParam]:
    return [{"role": "user", "content": text}]


def client_of(app: App) -> openai.OpenAI:
    return openai.OpenAI(api_key="of-no-concern", base_url=f"{app.url}/v1", max_retries=0)


@pytest.fixture
def client(app: App) -> openai.OpenAI:
    return client_of(app)


def test_completes(client: openai.OpenAI) -> None:
    completion = client.chat.completions.create(model=MODEL, messages=prompt("a b c"), max_tokens=4)

    assert completion.choices[0].message.content == "You said: a b"
    assert completion.choices[0].finish_reason == "length"
    assert completion.usage is not None
    assert completion.usage.total_tokens == 7


@pytest.mark.parametrize("with_usage", [True, False])
def test_streams(client: openai.OpenAI, with_usage: bool) -> None:
    chunks = list(
        client.chat.completions.create(
            model=MODEL,
            messages=prompt("a b"),
            stream=True,
            stream_options={"include_usage": with_usage},
        )
    )

    assert (
        "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "You said: a b"
    )
    usages = [chunk.usage.total_tokens for chunk in chunks if chunk.usage]
    assert usages == ([6] if with_usage else [])
    assert all(chunk.choices for chunk in chunks) is not with_usage


def test_the_asynchronous_client_works_as_well(app: App) -> None:
    async def scenario() -> tuple[str | None, str]:
        async with openai.AsyncOpenAI(api_key="any", base_url=f"{app.url}/v1", max_retries=0) as client:
            whole = await client.chat.completions.create(model=MODEL, messages=prompt("a b"))
            pieces = await client.chat.completions.create(model=MODEL, messages=prompt("a b"), stream=True)
            text = [chunk.choices[0].delta.content or "" async for chunk in pieces]
        return whole.choices[0].message.content, "".join(text)

    assert asyncio.run(scenario()) == ("You said: a b", "You said: a b")


def test_whatever_the_client_sends_goes_through(client: openai.OpenAI, provider: Provider) -> None:
    client.chat.completions.create(
        model=MODEL,
        messages=prompt("a b"),
        n=1,
        seed=7,
        stop=["end"],
        response_format={"type": "json_object"},
        tools=[{"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}],
        extra_body={"an_option_of_tomorrow": True},
    )

    sent = provider.report()["recent"][-1]["fields"]
    assert {"n", "seed", "stop", "response_format", "tools", "an_option_of_tomorrow"} <= set(sent)


def test_the_answer_is_the_providers_byte_by_byte(app: App, provider: Provider) -> None:
    body = {"model": MODEL, "messages": prompt("a b")}

    answer = httpx.post(app.url + CHAT, json=body, headers={"X-Request-ID": "chat"}).json()

    assert answer["id"].startswith("chatcmpl-")
    assert answer["choices"][0]["logprobs"] is None
    assert provider.report()["recent"][-1]["headers"]["x-request-id"] == "chat"
    [line] = [line for line in app.events("request") if line["request_id"] == "chat"]
    assert (line["model"], line["prompt_tokens"], line["completion_tokens"]) == (MODEL, 2, 4)


def test_lists_the_allowed_models(launch: StartApp, client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == [MODEL]
    assert client.models.retrieve(MODEL).id == MODEL
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-4o")

    choosy = client_of(launch(OPENAI_ALLOWED_MODELS="gpt-4o, gpt-4o-mini"))
    assert [model.id for model in choosy.models.list()] == ["gpt-4o", "gpt-4o-mini"]
    assert choosy.chat.completions.create(model="gpt-4o", messages=prompt("a")).model == "gpt-4o"


def test_a_model_that_is_not_allowed_does_not_exist(client: openai.OpenAI, provider: Provider) -> None:
    with pytest.raises(openai.NotFoundError) as refusal:
        client.chat.completions.create(model="gpt-4o", messages=prompt("a"))

    assert refusal.value.code == "model_not_found"
    assert "`gpt-4o` does not exist" in refusal.value.message
    assert provider.report()["total"] == 0


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        # about the request, so the provider's own words
        ({"status": 400}, (openai.BadRequestError, "injected_fault")),
        ({"status": 401}, (openai.InternalServerError, "provider_key_refused")),
        ({"status": 422}, (openai.UnprocessableEntityError, "injected_fault")),
        ({"status": 429, "retry_after": 9}, (openai.RateLimitError, "provider_rate_limited")),
        ({"status": 500}, (openai.InternalServerError, "provider_error")),
        ({"drop_connection": True}, (openai.InternalServerError, "provider_unreachable")),
    ],
    ids=str,
)
def test_failures_are_the_sdks_own_exceptions(
    client: openai.OpenAI,
    provider: Provider,
    fault: dict[str, Any],
    expected: tuple[type[openai.APIStatusError], str],
    stream: bool,
) -> None:
    error, code = expected
    provider.set_fault(path=CHAT, **fault)

    with pytest.raises(error) as failure:
        client.chat.completions.create(model=MODEL, messages=prompt("a"), stream=stream)

    assert failure.value.code == code
    assert failure.value.type
    assert failure.value.response.headers.get("Retry-After") == ("9" if "retry_after" in fault else None)


@pytest.mark.parametrize("fault", [{"drop_after": 3, "delta_seconds": 0.05}, {"error_after": 3}], ids=str)
def test_a_failure_in_the_middle_of_a_stream_reaches_the_sdk(
    client: openai.OpenAI, provider: Provider, fault: dict[str, Any]
) -> None:
    provider.set_fault(path=CHAT, **fault)
    text = ""

    with pytest.raises(openai.APIError, match="provider"):
        for chunk in client.chat.completions.create(model=MODEL, messages=prompt("a b c"), stream=True):
            text += chunk.choices[0].delta.content or ""

    assert text == "You said:"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b"", None),
        (b"[]", None),
        (b"{}", "model"),
        (b'{"model": 3, "messages": [{}]}', "model"),
        (b'{"model": "gpt-4o-mini", "messages": []}', "messages"),
        (b'{"model": "gpt-4o-mini", "messages": "x"}', "messages"),
        (b'{"model": "gpt-4o-mini", "messages": [{}], "stream": "yes"}', "stream"),
        (b'{"model": "gpt-4o-mini", "messages": [{}], "stream_options": []}', "stream_options"),
        (b'{"model": "gpt-4o-mini", "messages": [{"content": NaN}]}', None),
        (b'{"model": "gpt-4o-mini", "messages": ' + b"[" * 5000, None),
    ],
    ids=str,
)
def test_what_is_no_request_is_refused_in_openais_form(
    app: App, provider: Provider, body: bytes, param: str | None
) -> None:
    response = httpx.post(app.url + CHAT, content=body, headers={"Content-Type": "application/json"})

    assert response.status_code == 400
    error = response.json()["error"]
    assert (error["type"], error["param"]) == ("invalid_request_error", param)
    assert error["message"]
    assert provider.report()["total"] == 0


def test_a_key_that_stands_twice_cannot_smuggle_a_model(app: App, provider: Provider) -> None:
    body = b'{"model": "gpt-4o", "messages": [{"role": "user", "content": "x"}], "model": "gpt-4o-mini"}'

    response = httpx.post(app.url + CHAT, content=body)

    assert response.json()["model"] == MODEL
    assert provider.report()["recent"][-1]["model"] == MODEL


def test_errors_of_routing_are_in_openais_form_below_v1(app: App) -> None:
    for response in (app.get("/v1/nowhere"), app.get(CHAT)):
        assert response.status_code in (404, 405)
        assert response.json()["error"].keys() == {"message", "type", "param", "code"}
