"""What the endpoints do, over one provider."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from .chat import Document, of_prompt, parse, text_of, usage_of
from .completions import Completions, State
from .events import DONE, write, write_named
from .observation import Observer
from .provider_errors import not_understood
from .schemas import GenerateRequest, GenerateResponse
from .settings import Settings
from .upstream import Upstream


class Service:
    """All methods raise ApiError; ``state`` is that of the request."""

    def __init__(self, settings: Settings, observer: Observer) -> None:
        self.models = settings.openai_allowed_models or tuple(
            dict.fromkeys(filter(None, (settings.openai_model, settings.openai_fallback_model)))
        )
        self.heartbeat = settings.stream_heartbeat_seconds
        self._model = settings.openai_model
        self._upstream = Upstream(settings, observer)
        self._completions = Completions(settings, self._upstream, observer)

    async def generate(self, request: GenerateRequest, state: State) -> GenerateResponse:
        """Answer the prompt."""
        started = time.perf_counter()
        completion = parse(await self._completions.complete(of_prompt(request, self._model), state))
        content, _ = text_of(completion, "message")
        usage = usage_of(completion)
        if usage is None:
            raise not_understood()
        return GenerateResponse(
            content=content,
            model=str(completion.get("model")),
            usage=usage,
            latency_ms=_milliseconds_since(started),
        )

    async def stream(self, request: GenerateRequest, state: State) -> AsyncGenerator[bytes, None]:
        """Answer the prompt in events: ``delta`` each, then ``usage`` and ``done``."""
        started = time.perf_counter()
        usage = finish_reason = None
        model = self._model
        async with aclosing(self._completions.stream(of_prompt(request, model), state)) as groups:
            async for group in groups:
                events = b""
                for chunk in map(parse, group):
                    usage = usage_of(chunk) or usage
                    model = chunk.get("model", model)
                    if chunk.get("choices"):
                        content, reason = text_of(chunk, "delta")
                        finish_reason = reason or finish_reason
                        if content:
                            events += write_named(b"delta", {"content": content})
                if events:
                    yield events
        end = {
            "model": model,
            "finish_reason": finish_reason,
            "latency_ms": _milliseconds_since(started),
        }
        yield (write_named(b"usage", usage.model_dump()) if usage else b"") + write_named(b"done", end)

    async def chat(self, document: Document, state: State) -> bytes:
        """The provider's answer to an OpenAI client, as it came."""
        return await self._completions.complete(document, state)

    async def chat_stream(self, document: Document, state: State) -> AsyncGenerator[bytes, None]:
        """The same in events, ``[DONE]`` at the end."""
        async with aclosing(self._completions.stream(document, state)) as groups:
            async for group in groups:
                yield b"".join(map(write, group))
        yield write(DONE)

    async def check_ready(self) -> None:
        """Raises what keeps the service from answering, as of some seconds ago."""
        await self._upstream.readiness.get()

    async def warm_up(self) -> None:
        """Have the client and the key ready before the first request."""
        await self._upstream.warm_up()

    async def close(self) -> None:
        await self._upstream.close()


def _milliseconds_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)
