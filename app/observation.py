"""What metrics and traces can see: each call to the provider, when it begins and when it ends."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(slots=True)
class UpstreamCall:
    """One attempt at an answer from the provider; a request to us makes several where it is tried again.

    ``endpoint`` is ``primary`` or ``fallback``. ``headers`` go to the provider; an observer may add
    to them when the call begins. ``outcome`` is empty while it runs, then ``answered``, ``cancelled``
    (our caller left), or the code of the failure, such as ``provider_timeout``. ``seconds`` is known when
    it has ended, ``first_token_seconds`` of a stream that has begun, tokens of an answer that is complete.
    """

    endpoint: str
    model: str
    stream: bool
    request_id: str
    headers: dict[str, str] = field(default_factory=dict)
    started: float = field(default_factory=time.perf_counter)
    first_token_seconds: float = 0.0
    seconds: float = 0.0
    outcome: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None

    def first_token(self) -> None:
        """Of a stream; the first time counts."""
        if not self.first_token_seconds:
            self.first_token_seconds = time.perf_counter() - self.started


class Observer(Protocol):
    """Told of every call, on the event loop: must neither block nor raise."""

    def began(self, call: UpstreamCall) -> None: ...

    def ended(self, call: UpstreamCall) -> None: ...


class Unobserved:
    def began(self, call: UpstreamCall) -> None:
        """Nobody looks."""

    def ended(self, call: UpstreamCall) -> None:
        """Nobody looks."""
