"""The model provider, through the openai SDK. Import it off the event loop: the SDK takes half a second."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

import openai
from openai import AsyncOpenAI

from .errors import ApiError
from .provider_errors import as_api_error, pause_before_retry
from .schemas import GenerateRequest, Usage
from .settings import Settings

T = TypeVar("T")


class Provider:
    """One pooled client with one key; every failure is an ApiError."""

    def __init__(self, settings: Settings, key: str) -> None:
        self._settings = settings
        self._client = AsyncOpenAI(
            api_key=key,
            base_url=settings.openai_base_url,
            timeout=openai.Timeout(
                settings.openai_timeout_seconds, connect=settings.openai_connect_timeout_seconds
            ),
            max_retries=0,  # the SDK's would run past the caller's time: see _within
        )

    async def generate(self, request: GenerateRequest) -> tuple[str, str, Usage]:
        """The answer, the model that gave it, and what it cost."""

        async def call() -> bytes:
            response = await self._client.chat.completions.with_raw_response.create(
                model=self._settings.openai_model,
                messages=[{"role": "user", "content": request.prompt}],
                max_completion_tokens=request.max_tokens,
                temperature=request.temperature,
            )
            return response.content

        settings = self._settings
        return parse_completion(
            await _within(settings.openai_timeout_seconds, call, settings.openai_max_retries)
        )

    async def check(self) -> None:
        """Ask for the list of models, which costs nothing and needs a valid key.

        A key may be allowed to generate and not to list, and a busy provider is not a broken one, so
        403 and 429 pass.
        """

        async def call() -> None:
            with suppress(openai.PermissionDeniedError, openai.RateLimitError):
                await self._client.models.with_raw_response.list()

        await _within(self._settings.openai_connect_timeout_seconds, call)

    async def close(self) -> None:
        await self._client.close()


async def _within(seconds: float, call: Callable[[], Awaitable[T]], retries: int = 0) -> T:
    """Await ``call`` and repeat it where that may help, all within ``seconds``."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    try:
        async with asyncio.timeout_at(deadline):
            for attempt in range(retries):
                try:
                    return await call()
                except openai.APIError as error:
                    pause = pause_before_retry(error, attempt)
                    if pause is None or loop.time() + pause > deadline:
                        raise
                    await asyncio.sleep(pause)
            return await call()
    except (openai.APIError, TimeoutError) as error:
        raise as_api_error(error) from error


def parse_completion(body: bytes) -> tuple[str, str, Usage]:
    """What /generate needs of a chat completion; the SDK's models would cost as much as the call."""
    try:
        completion: dict[str, Any] = json.loads(body)
        content = completion["choices"][0]["message"]["content"] or ""
        usage = Usage.model_validate(completion["usage"])
        # Half of a surrogate pair is valid JSON and cannot be sent on.
        return content.encode(errors="replace").decode(), str(completion["model"]), usage
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ApiError(502, "provider_error", "The provider's answer could not be understood") from error
