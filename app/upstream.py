"""The provider's endpoints: sending to them with a key that works, and asking how they are."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

import structlog

from .key import ProviderKey
from .observation import Observer
from .provider_errors import NoKeyError, ProviderError, refusal, timed_out
from .recent import Recent
from .resilience import Endpoint
from .settings import Settings

if TYPE_CHECKING:
    from .provider import Answer, Provider

log = structlog.stdlib.get_logger()


class Upstream:
    """``endpoints``, the primary one first; they share one pool of connections.

    ``readiness`` raises the ApiError that keeps the service from answering, as of some seconds ago.
    """

    def __init__(self, settings: Settings, observer: Observer) -> None:
        self.endpoints = _endpoints(settings, observer)
        self._connect_timeout = settings.openai_connect_timeout_seconds
        cache = settings.readiness_cache_seconds
        self.readiness = Recent(self._check, keep=cache, keep_failure=cache)
        self._provider = Recent(self._load, keep=math.inf, keep_failure=0)
        self._refreshing: asyncio.Task[None] | None = None

    async def warm_up(self) -> None:
        """Have all ready before the first request; a key that cannot be had shows in the readiness."""
        key = self.endpoints[0].key
        self._refreshing = asyncio.create_task(key.keep_fresh())
        await self._provider.get()
        with suppress(NoKeyError):
            await key.get()

    async def close(self) -> None:
        if self._refreshing:
            self._refreshing.cancel()
        if provider := self._provider.known():
            await provider.close()

    async def complete(self, endpoint: Endpoint, body: bytes, headers: dict[str, str]) -> Answer:
        """The answer to a chat completion, its body yet unread; raises ProviderError unless it is 200."""
        provider = await self._provider.get()
        url = f"{endpoint.base_url}/chat/completions"
        answer = await _authorized(endpoint.key, lambda key: provider.post(url, key, body, headers))
        if answer.status != 200:
            raise refusal(answer.status, answer.headers, await answer.read())
        return answer

    async def _check(self) -> None:
        """Raises the ProviderError of the first endpoint when none of them would work."""
        failures: list[ProviderError] = []
        for endpoint in self.endpoints:
            try:
                async with asyncio.timeout(self._connect_timeout):
                    return await self._ask_for_models(endpoint)
            except TimeoutError:
                failures.append(timed_out())
            except ProviderError as failure:
                failures.append(failure)
        log.warning("not ready", reason=failures[0].message)
        raise failures[0]

    async def _ask_for_models(self, endpoint: Endpoint) -> None:
        """Ask for the list of models, which costs nothing and needs a valid key.

        A key may be allowed to generate and not to list, and a busy provider is not a broken one, so
        403 and 429 pass.
        """
        provider = await self._provider.get()
        url = f"{endpoint.base_url}/models"
        answer = await _authorized(endpoint.key, lambda key: provider.get(url, key))
        body = await answer.read()
        if answer.status not in (200, 403, 429):
            raise refusal(answer.status, answer.headers, body)

    async def _load(self) -> Provider:
        module = await asyncio.to_thread(import_module, ".provider", __package__)  # takes 0.3 s
        provider: Provider = module.Provider(self._connect_timeout)
        return provider


async def _authorized(key: ProviderKey, send: Callable[[str], Awaitable[Answer]]) -> Answer:
    """Send with the key in use, and once more with another where that one is refused."""
    used = await key.get()
    answer = await send(used)
    if answer.status == 401:
        await answer.read()
        if another := await key.replace(used):
            return await send(another)
    return answer


def _endpoints(settings: Settings, observer: Observer) -> Sequence[Endpoint]:
    own, other = settings.openai_api_key, settings.openai_fallback_api_key
    key = ProviderKey(own.get_secret_value() if own else None, settings, observer)
    endpoints = [Endpoint("primary", settings.openai_base_url, key)]
    if settings.openai_fallback_base_url:
        if other:
            key = ProviderKey(other.get_secret_value(), settings, observer, replaceable=False)
        endpoints.append(Endpoint("fallback", settings.openai_fallback_base_url, key))
    return endpoints
