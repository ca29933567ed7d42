"""Chat completions, whole and streamed, from the best target that answers within the caller's time."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, MutableMapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from .capacity import Capacity
from .chat import Document, for_target, parse, usage_of, wants_usage
from .completion_stream import CompletionStream
from .observation import Observer, UpstreamCall
from .provider_errors import KeyRefusedError, ProviderError, timed_out
from .resilience import Attempt, Patience, T, Target, first_answer, targets
from .schemas import Usage
from .settings import Settings
from .upstream import Upstream

if TYPE_CHECKING:
    from .provider import Answer

# A request's state as RequestContext made it: ``request_id``, ``log_fields``, ``waiting``.
State = MutableMapping[str, Any]
BYTES_PER_TOKEN = 4  # roughly, of English


class Completions:
    def __init__(self, settings: Settings, upstream: Upstream, observer: Observer) -> None:
        self._settings = settings
        self._upstream = upstream
        self._observer = observer
        self._capacity = Capacity(settings.max_concurrent_upstream_calls)

    async def complete(self, document: Document, state: State) -> bytes:
        """The provider's answer as it came; raises ApiError."""

        async def attempt(target: Target, seconds: float) -> bytes:
            with self._observed(target, state, stream=False) as call:
                async with _limited(seconds):
                    answer = await self._post(target, document, call)
                    body = await answer.read()
                completion = parse(body)
                _note(state, call, completion.get("model", target.model), usage_of(completion))
            return body

        with self._capacity.slot():
            settings = self._settings
            patience = Patience(
                _now() + settings.openai_timeout_seconds, settings.openai_max_retries, math.inf
            )
            return await self._first(document, attempt, patience, state)

    async def stream(self, document: Document, state: State) -> AsyncGenerator[list[bytes], None]:
        """The data of the chunks, in groups that arrived together; raises ApiError, also in the middle."""

        async def attempt(target: Target, seconds: float) -> tuple[CompletionStream, ExitStack]:
            with ExitStack() as resources:
                call = resources.enter_context(self._observed(target, state, stream=True))
                async with _limited(seconds):
                    answer = await self._post(target, document, call)
                    stream = CompletionStream(answer, call, wants_usage(document))
                    resources.callback(stream.close)
                    await stream.begin()
                state["log_fields"]["ttft_ms"] = round((_now() - started) * 1000, 1)
                resources.callback(_note_stream, state, call, stream, document)
                return stream, resources.pop_all()

        settings = self._settings
        with self._capacity.slot():
            started = _now()
            patience = Patience(
                started + settings.openai_stream_timeout_seconds,
                settings.openai_max_retries,
                settings.openai_first_token_timeout_seconds,
            )
            stream, resources = await self._first(document, attempt, patience, state)
            with resources:
                stream.end_at(patience.deadline)
                group = stream.head
                while group:
                    yield group
                    group = await stream.next()

    async def _post(self, target: Target, document: Document, call: UpstreamCall) -> Answer:
        body = for_target(document, target.model)
        return await self._upstream.complete(target.endpoint, body, call.headers)

    @contextmanager
    def _observed(self, target: Target, state: State, *, stream: bool) -> Iterator[UpstreamCall]:
        """Tell the observer of a call."""
        tried: list[Target] = state.setdefault("tried", [])
        call = UpstreamCall(
            endpoint=target.endpoint.name,
            model=target.model,
            stream=stream,
            request_id=state["request_id"],
            number=len(tried) + 1,
            is_retry=target in tried,
            is_fallback=bool(tried) and target != tried[0],
            headers={"X-Request-ID": state["request_id"]},
        )
        tried.append(target)
        self._observer.call_began(call)
        try:
            yield call
        except ProviderError as failure:
            call.outcome = failure.code
            raise
        except (asyncio.CancelledError, GeneratorExit):
            call.outcome = "cancelled"
            raise
        else:
            call.outcome = "answered"
        finally:
            call.seconds = time.perf_counter() - call.started
            self._observer.call_ended(call)

    async def _first(self, document: Document, attempt: Attempt[T], patience: Patience, state: State) -> T:
        fallback, endpoints = self._settings.openai_fallback_model, self._upstream.endpoints
        try:
            with state["waiting"]:
                return await first_answer(targets(document["model"], fallback, endpoints), attempt, patience)
        except KeyRefusedError as refusal:
            self._upstream.readiness.fail(refusal)
            raise


@asynccontextmanager
async def _limited(seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise timed_out() from None


def _note(state: State, call: UpstreamCall, model: str, usage: Usage | None) -> None:
    """What the log and the token budget are told of an answer."""
    state["log_fields"]["model"] = model
    if usage:
        call.prompt_tokens, call.completion_tokens = usage.prompt_tokens, usage.completion_tokens
        state["log_fields"].update(
            prompt_tokens=usage.prompt_tokens, completion_tokens=usage.completion_tokens
        )


def _note_stream(state: State, call: UpstreamCall, stream: CompletionStream, document: Document) -> None:
    """The same of a stream; the tokens of one that was cut off are estimated, for they are billed."""
    _note(state, call, stream.model, stream.usage)
    if stream.usage is None:
        call.prompt_tokens = len(for_target(document, call.model)) // BYTES_PER_TOKEN
        call.completion_tokens, call.tokens_estimated = stream.chunks, True
        state["log_fields"].update(
            prompt_tokens=call.prompt_tokens, completion_tokens=stream.chunks, tokens_estimated=True
        )


def _now() -> float:
    return asyncio.get_running_loop().time()
