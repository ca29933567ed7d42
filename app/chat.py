"""Chat completions as values: bodies to send, and what we need of the answers.

Only what concerns us is looked at; everything else goes through as it came.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import orjson

from .errors import ApiError
from .provider_errors import not_understood
from .schemas import GenerateRequest, Usage

Document = dict[str, Any]

SHOWN_NAME_CHARACTERS = 100


def of_prompt(request: GenerateRequest, model: str) -> Document:
    """The body that asks the provider to answer a prompt."""
    return {
        "model": model,
        "messages": [{"role": "user", "content": request.prompt}],
        "max_completion_tokens": request.max_tokens,
        "temperature": request.temperature,
        "stream": request.stream,
        **({"stream_options": {"include_usage": True}} if request.stream else {}),
    }


def of_client(body: bytes, allowed_models: Collection[str]) -> Document:
    """The body that an OpenAI client sent; raises ApiError where it cannot be one.

    What is sent on is written anew from this: of a key that stands twice the provider might read the
    other value, and so another model.
    """
    try:
        document = orjson.loads(body)
    except ValueError:
        raise _invalid("We could not parse the JSON body of your request") from None
    if not isinstance(document, dict):
        raise _invalid("The body must be a JSON object")
    model, messages = document.get("model"), document.get("messages")
    if not isinstance(model, str) or not model:
        raise _invalid("You must provide a model parameter", "model")
    if not isinstance(messages, list) or not messages:
        raise _invalid("You must provide messages: a list with at least one entry", "messages")
    if not isinstance(document.get("stream"), bool | None):
        raise _invalid("stream must be a boolean", "stream")
    if not isinstance(document.get("stream_options"), dict | None):
        raise _invalid("stream_options must be an object", "stream_options")
    check_model(model, allowed_models)
    return document


def check_model(model: str, allowed_models: Collection[str]) -> None:
    """Raises what OpenAI answers for a model that does not exist."""
    if model not in allowed_models:
        raise ApiError(
            404,
            "model_not_found",
            f"The model `{model[:SHOWN_NAME_CHARACTERS]}` does not exist or you do not have access to it.",
            param="model",
        )


def wants_usage(document: Document) -> bool:
    """Whether the caller of a stream asked for the usage at its end."""
    return bool((document.get("stream_options") or {}).get("include_usage"))


def for_target(document: Document, model: str) -> bytes:
    """The body for one provider; of a stream the usage is always asked for, because we count it."""
    body = {**document, "model": model}
    if document.get("stream"):
        body["stream_options"] = {**(document.get("stream_options") or {}), "include_usage": True}
    return orjson.dumps(body)


def parse(completion: bytes) -> Document:
    """A completion, or a chunk of one; raises ProviderError for what is none."""
    try:
        document = orjson.loads(completion)
    except ValueError:
        document = _parse_leniently(completion)
    if not isinstance(document, dict):
        raise not_understood()
    return document


def usage_of(completion: Document) -> Usage | None:
    """What it cost, where the provider says so."""
    usage = completion.get("usage")
    if not usage:
        return None
    try:
        return Usage.model_validate(usage)
    except ValueError:
        return None


def text_of(completion: Document, part: str) -> tuple[str, str | None]:
    """The text and the finish reason of the first choice; ``part`` is ``message`` or ``delta``.

    Raises ProviderError.
    """
    try:
        choice = completion["choices"][0]
        content = choice[part].get("content") or ""
        return content.encode(errors="replace").decode(), choice.get("finish_reason")
    except (LookupError, TypeError, AttributeError) as error:
        raise not_understood() from error


def _parse_leniently(completion: bytes) -> Any:
    """Half of a surrogate pair, an emoji cut in two, is valid JSON but not to orjson."""
    try:
        return json.loads(completion)
    except ValueError as error:
        raise not_understood() from error


def _invalid(message: str, param: str | None = None) -> ApiError:
    return ApiError(400, "invalid_request", message, param=param)
