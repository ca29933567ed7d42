"""The provider's key: from the environment, else from a secret manager, and anew when it changes."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import suppress

import structlog

from . import secret_sources
from .observation import Observer
from .provider_errors import NoKeyError
from .setting_types import check_key
from .settings import Settings

log = structlog.stdlib.get_logger()


class ProviderKey:
    """The key in use: ``own``, the configured one, until it is refused; others come from the secret manager.

    A store that has failed, or that holds the very key that was refused, is not asked again for
    ``readiness_cache_seconds``.
    """

    def __init__(
        self, own: str | None, settings: Settings, observer: Observer, *, replaceable: bool = True
    ) -> None:
        self._key = own
        self._from_store = own is None
        self._settings = settings
        self._observer = observer
        self._has_store = replaceable and settings.secret_source != "none"  # noqa: S105  the name of a place
        self._failure: NoKeyError | None = None
        self._refused: str | None = None
        self._ask_again_at = 0.0
        self._fetching: asyncio.Task[str] | None = None

    async def get(self) -> str:
        """The key; raises NoKeyError."""
        if self._key is not None:
            return self._key
        if self._failure and time.monotonic() < self._ask_again_at:
            raise self._failure.with_traceback(None)
        return await self._fetch()

    async def replace(self, refused: str) -> str | None:
        """Another key than the one the provider has just refused, if there is one.

        All who are refused together share one look into the store.
        """
        known = refused == self._refused and time.monotonic() < self._ask_again_at
        if self._key == refused and self._has_store and not known:
            with suppress(NoKeyError):
                await self._fetch()
            self._refused = refused
        return self._key if self._key != refused else None

    async def keep_fresh(self) -> None:
        """Look for a new key at intervals, for ever; a key from the environment is left alone."""
        interval = self._settings.secret_refresh_seconds
        while interval and self._has_store:
            await asyncio.sleep(interval * random.uniform(0.9, 1))  # noqa: S311  instances take turns
            if self._from_store and self._key is not None:
                with suppress(NoKeyError):  # told in the log; the key in use may still be good
                    await self._fetch()

    async def _fetch(self) -> str:
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._ask())
        return await asyncio.shield(self._fetching)

    async def _ask(self) -> str:
        try:
            key = await asyncio.to_thread(fetch_key, self._settings)
        except NoKeyError as failure:
            self._failure = failure
            self._observer.key_fetched("provider", "failed")
            raise
        else:
            self._observer.key_fetched("provider", "unchanged" if key == self._key else "new")
            if self._key not in (None, key):
                log.info("provider key replaced", source=self._settings.secret_source)
            self._key, self._from_store, self._failure = key, True, None
            return key
        finally:
            self._fetching = None
            self._ask_again_at = time.monotonic() + self._settings.readiness_cache_seconds


def fetch_key(settings: Settings) -> str:
    """The key in the secret manager. Blocks; raises NoKeyError."""
    source = settings.secret_source
    if source == "none":
        raise NoKeyError("No provider key is configured: set OPENAI_API_KEY or SECRET_SOURCE and SECRET_ID")
    try:
        return check_key(secret_sources.fetch(source, settings.secret_id, settings.secret_endpoint_url))
    except Exception as error:  # each SDK has its own, and none may end the service
        log.warning("provider key not fetched", source=source, error=str(error)[:500])
        raise NoKeyError(
            f"The provider key could not be fetched from {source}: {type(error).__name__}"
        ) from error
