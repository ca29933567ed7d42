"""A streamed chat completion as it comes from the provider."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from .chat import parse, usage_of
from .events import DONE, EventReader
from .observation import UpstreamCall
from .provider_errors import ProviderError, broken_off, timed_out
from .schemas import Usage

if TYPE_CHECKING:
    from .provider import Answer


class CompletionStream:
    """Groups of chunks, as they arrive together; the usage is noticed on the way.

    ``head`` is the first group. ``show_usage`` says whether a chunk of nothing but the usage is the
    caller's to see.
    """

    def __init__(self, answer: Answer, call: UpstreamCall, show_usage: bool) -> None:
        self.model = call.model
        self.usage: Usage | None = None
        self.chunks = 0
        self._answer = answer
        self._call = call
        self._show_usage = show_usage
        self._reader = EventReader()
        self._done = self._expired = False
        self._failure: ProviderError | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def begin(self) -> None:
        """Wait for the first chunks."""
        self.head = await self.next()
        if self.head:
            self.model = str(parse(self.head[0]).get("model", self.model))

    def end_at(self, deadline: float) -> None:
        """Give up at ``deadline`` on the loop's clock."""
        self._timer = asyncio.get_running_loop().call_at(deadline, self._expire)

    async def next(self) -> list[bytes]:
        """The data of the next chunks; empty when the provider has said that it is done.

        Raises ProviderError, also where the stream ends without that word.
        """
        group: list[bytes] = []
        while not group and not self._done:
            if self._failure:
                raise self._failure
            group = list(filter(self._is_shown, self._reader.feed(await self._receive())))
        if group:
            self.chunks += len(group)
            self._call.first_token()
        return group

    def close(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._answer.close()

    async def _receive(self) -> bytes:
        try:
            chunk = await self._answer.chunk()
        except ProviderError:
            if self._expired:
                raise timed_out() from None
            raise
        if not chunk:
            raise broken_off(received=True)
        return chunk

    def _is_shown(self, data: bytes) -> bool:
        if data == DONE and not self._failure:
            self._done = True
        if self._done or self._failure:
            return False
        if b'"error"' in data and parse(data).get("error"):  # so some providers report a failure
            self._failure = ProviderError(502, "provider_error", "The provider broke off its answer")
            return False
        if b'"usage"' in data and b'"usage":null' not in data:
            chunk = parse(data)
            self.usage = usage_of(chunk) or self.usage
            return bool(chunk.get("choices")) or self._show_usage
        return True

    def _expire(self) -> None:
        self._expired = True
        self._answer.close()
