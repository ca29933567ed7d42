"""Generation and readiness over one provider client, which is made when it is first needed."""

from __future__ import annotations

import asyncio
import math
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import structlog

from .errors import ApiError, KeyRefusedError
from .key import resolve_key
from .recent import Recent
from .schemas import GenerateRequest, GenerateResponse
from .settings import Settings

if TYPE_CHECKING:
    from .provider import Provider

log = structlog.stdlib.get_logger()


class Service:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        cache = settings.readiness_cache_seconds
        self._provider = Recent(self._connect, keep=math.inf, keep_failure=cache)
        self._readiness = Recent(self._check, keep=cache, keep_failure=cache)

    async def generate(self, request: GenerateRequest) -> GenerateResponse:
        """Answer the prompt; raises ApiError."""
        started = time.perf_counter()
        provider = await self._provider.get()
        try:
            content, model, usage = await provider.generate(request)
        except KeyRefusedError as refusal:
            self._readiness.fail(refusal)
            raise
        latency_ms = round((time.perf_counter() - started) * 1000, 1)
        return GenerateResponse(content=content, model=model, usage=usage, latency_ms=latency_ms)

    async def check_ready(self) -> None:
        """Raises the ApiError that keeps the service from answering, as of some seconds ago."""
        await self._readiness.get()

    async def warm_up(self) -> None:
        """Have the client ready before the first prompt; a failure shows in the readiness."""
        with suppress(ApiError):
            await self._provider.get()

    async def close(self) -> None:
        if provider := self._provider.known():
            await provider.close()

    async def _connect(self) -> Provider:
        return await asyncio.to_thread(_make_provider, self._settings)

    async def _check(self) -> None:
        try:
            await (await self._provider.get()).check()
        except ApiError as error:
            log.warning("not ready", reason=error.message)
            raise


def _make_provider(settings: Settings) -> Provider:
    """Runs in a thread: it imports the SDK, loads certificates and may ask a secret manager."""
    from .provider import Provider  # noqa: PLC0415  keeps half a second of imports off the start

    return Provider(settings, resolve_key(settings))
