"""What metrics and traces can see: requests, calls to the provider, keys that are fetched, shared limits."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.types import Scope

KeyOwner = Literal["provider", "callers"]
FetchOutcome = Literal["new", "unchanged", "failed"]


@dataclass(slots=True)
class UpstreamCall:
    """One attempt at an answer from the provider; a request to us makes several where it is tried again.

    ``endpoint`` is ``primary`` or ``fallback``. ``number`` counts the calls of the request; ``is_retry``
    says that the same model at the same endpoint was tried before, ``is_fallback`` that this is not the
    first choice. ``headers`` go to the provider; an observer may add to them when the call begins.
    ``outcome`` is empty while it runs, then ``answered``, ``cancelled`` (our caller left), or the code of
    the failure, such as ``provider_timeout``. ``seconds`` is known when it has ended,
    ``first_token_seconds`` of a stream that has begun. Tokens are known of an answer that is complete, and
    estimated of a stream that was cut off.
    """

    endpoint: str
    model: str
    stream: bool
    request_id: str
    number: int
    is_retry: bool
    is_fallback: bool
    headers: dict[str, str] = field(default_factory=dict)
    started: float = field(default_factory=time.perf_counter)
    first_token_seconds: float = 0.0
    seconds: float = 0.0
    outcome: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    tokens_estimated: bool = False

    def first_token(self) -> None:
        """Of a stream; the first time counts."""
        if not self.first_token_seconds:
            self.first_token_seconds = time.perf_counter() - self.started


class Observer:
    """Told of everything on the event loop; must neither block nor raise. This one does not look."""

    def start(self) -> None:
        """The service is about to answer requests."""

    async def close(self) -> None:
        """The last request was answered."""

    def request_began(self, scope: Scope) -> None:
        """A request, with the state that RequestContext gives to it."""

    def request_ended(self, scope: Scope, line: Mapping[str, Any]) -> None:
        """It is over, and ``line`` is what the log says about it."""

    def call_began(self, call: UpstreamCall) -> None:
        """A call to the provider, in the context of its request."""

    def call_ended(self, call: UpstreamCall) -> None:
        """It is over."""

    def key_fetched(self, owner: KeyOwner, outcome: FetchOutcome) -> None:
        """A secret manager was asked for the provider's key, or for the callers' keys."""

    def limits_degraded(self, degraded: bool) -> None:
        """The shared store of limits was lost, or is back."""


class Observers(Observer):
    """Passes everything on to each of several."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers = observers

    def start(self) -> None:
        for observer in self._observers:
            observer.start()

    async def close(self) -> None:
        for observer in self._observers:
            await observer.close()

    def request_began(self, scope: Scope) -> None:
        for observer in self._observers:
            observer.request_began(scope)

    def request_ended(self, scope: Scope, line: Mapping[str, Any]) -> None:
        for observer in self._observers:
            observer.request_ended(scope, line)

    def call_began(self, call: UpstreamCall) -> None:
        for observer in self._observers:
            observer.call_began(call)

    def call_ended(self, call: UpstreamCall) -> None:
        for observer in self._observers:
            observer.call_ended(call)

    def key_fetched(self, owner: KeyOwner, outcome: FetchOutcome) -> None:
        for observer in self._observers:
            observer.key_fetched(owner, outcome)

    def limits_degraded(self, degraded: bool) -> None:
        for observer in self._observers:
            observer.limits_degraded(degraded)
