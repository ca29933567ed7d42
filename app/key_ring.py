"""The callers' keys as of now: fetched, fetched again on an interval, and kept while that fails."""

from __future__ import annotations

import asyncio
import time

import structlog

from . import secret_sources
from .api_keys import ApiKey, ApiKeys, ApiKeysError
from .errors import ApiError
from .observation import Observer
from .settings import Settings

RETRY_SECONDS = 5.0  # as long as there are no keys at all

log = structlog.stdlib.get_logger()


class KeyRing:
    """Keys of the source in the settings, at most ``api_keys_max_age_seconds`` old.

    A document in the environment never changes.
    """

    def __init__(self, settings: Settings, observer: Observer) -> None:
        self._settings = settings
        self._observer = observer
        self._keys: ApiKeys | None = None
        self._fetched = 0.0
        self._tried = asyncio.Event()
        self._refreshing: asyncio.Task[None] | None = None
        if settings.api_keys_source == "env" and settings.api_keys:
            self._keys = ApiKeys.parse(settings.api_keys.get_secret_value())

    def start(self) -> None:
        """Fetch, and keep fetching until ``stop``; call on the running loop."""
        if self._settings.api_keys_source != "env":
            self._refreshing = asyncio.create_task(self._refresh())

    def stop(self) -> None:
        if self._refreshing:
            self._refreshing.cancel()

    async def find(self, key: str) -> ApiKey | None:
        """The caller with this key; raises ApiError while no key can be checked."""
        if self._refreshing:
            await self._tried.wait()
        self.check_ready()
        return self._keys.find(key) if self._keys else None

    def check_ready(self) -> None:
        """Raises ApiError while no key can be checked."""
        if self._refreshing and (self._keys is None or self.age > self._settings.api_keys_max_age_seconds):
            raise ApiError(
                503,
                "keys_unavailable",
                "Callers' keys cannot be checked at the moment",
                {"Retry-After": str(round(RETRY_SECONDS))},
            )

    @property
    def age(self) -> float:
        """Seconds since the keys were fetched."""
        return time.monotonic() - self._fetched

    async def _refresh(self) -> None:
        settings = self._settings
        while True:
            try:
                document = await asyncio.to_thread(
                    secret_sources.fetch,
                    settings.api_keys_source,
                    settings.api_keys_secret_id,
                    settings.secret_endpoint_url,
                )
                self._keys = ApiKeys.parse(document)
                self._fetched = time.monotonic()
            except ApiKeysError as error:
                log.error("document of callers' keys refused", problem=str(error))
            except Exception as error:  # each SDK has its own, and none may end this
                log.warning(
                    "callers' keys not fetched",
                    source=settings.api_keys_source,
                    error=f"{type(error).__name__}: {error}"[:500],
                )
            self._tried.set()
            pause = settings.api_keys_refresh_seconds
            await asyncio.sleep(pause if self._keys else min(pause, RETRY_SECONDS))
