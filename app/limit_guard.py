"""What becomes of the limits while the shared store does not answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog

from .errors import ApiError
from .limit_storage import BoundedMemory, Limits, LimitStore, Verdict
from .observation import Observer

PROBE_SECONDS = 1.0
PROBE = "probe"  # a client that no address and no key is named like

log = structlog.stdlib.get_logger()


class LimitGuard:
    """Asks the shared store until it fails once, and then nobody waits for it until it answers a probe.

    Meanwhile requests are counted by this process alone, or with ``fail_closed`` refused. ``connect``
    makes the store; it runs in a thread.
    """

    def __init__(self, connect: Callable[[], LimitStore], observer: Observer, *, fail_closed: bool) -> None:
        self._connect = connect
        self._observer = observer
        self._fail_closed = fail_closed
        self._local = BoundedMemory()
        self._connected: asyncio.Task[LimitStore] | None = None
        self._probing: asyncio.Task[None] | None = None

    @property
    def degraded(self) -> bool:
        """Whether limits are not shared at the moment."""
        return self._probing is not None

    async def warm_up(self) -> None:
        """Connect before the first request."""
        with suppress(ApiError):
            await self.admit(PROBE, Limits(requests=1))

    async def admit(self, client: str, limits: Limits) -> Verdict:
        """The shared store's verdict, or what the policy makes of its absence; raises ApiError."""
        if not self.degraded:
            try:
                return await (await self._shared()).admit(client, limits)
            except Exception as error:  # whatever it is, the policy is the answer
                self._degrade(error)
        if self._fail_closed:
            raise ApiError(
                503,
                "limiter_unavailable",
                "Requests cannot be counted at the moment",
                {"Retry-After": str(round(PROBE_SECONDS))},
            )
        return await self._local.admit(client, limits)

    async def charge(self, client: str, seconds: float) -> None:
        if not self.degraded:
            try:
                await (await self._shared()).charge(client, seconds)
                return
            except Exception as error:
                self._degrade(error)
        await self._local.charge(client, seconds)

    async def close(self) -> None:
        if self._probing:
            self._probing.cancel()
        if self._connected:
            await (await self._connected).close()

    async def _shared(self) -> LimitStore:
        if self._connected is None:
            self._connected = asyncio.create_task(asyncio.to_thread(self._connect))
        return await asyncio.shield(self._connected)

    def _degrade(self, error: Exception) -> None:
        if self._probing is None:
            policy = "closed" if self._fail_closed else "local"
            log.warning("rate limit store lost", policy=policy, error=_outline(error))
            self._observer.limits_degraded(True)
            self._probing = asyncio.create_task(self._probe())

    async def _probe(self) -> None:
        """Ends when the store counts again; the first try is at once, for what was only a hiccup."""
        while True:
            try:
                await (await self._shared()).admit(PROBE, Limits(requests=1))
            except Exception:
                await asyncio.sleep(PROBE_SECONDS)
            else:
                self._probing = None
                self._observer.limits_degraded(False)
                log.info("rate limit store back")
                return


def _outline(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]


def connect(url: str, timeout: float, certificates: str | None) -> LimitStore:
    """The server at ``url``; see LimitServer. Call it in a thread."""
    from .limit_server import LimitServer  # noqa: PLC0415  keeps a third of a second of imports off the start

    return LimitServer(url, timeout, certificates)
