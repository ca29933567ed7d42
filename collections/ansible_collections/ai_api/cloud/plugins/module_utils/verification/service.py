"""The service under verification: how it is reached, and what is known about it."""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
import socket
import ssl
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

Progress = Callable[[str], None]

PATIENCE = 70.0  # seconds: a window of the rate limit is a minute
PROGRESS = 10.0  # seconds between two lines while waiting
CONNECTIONS = 10
IMPOSSIBLE: dict[str, Any] = {"prompt": ""}  # refused before the provider is asked, so it costs nothing


@dataclass(frozen=True, slots=True)
class Expectations:
    """What the deployment was asked to be."""

    allowed_origins: tuple[str, ...] = ()
    rate_limit: int = 20  # requests a minute and client; 0 leaves the limit unverified
    separate_clients: bool = True
    ca_file: str = ""
    api_key: str = field(default="", repr=False)


@dataclass(slots=True)
class Generated:
    """The one real answer, kept in memory to prove that it is not in the logs."""

    request_id: str
    answer: str


@dataclass(slots=True)
class Service:
    """One client of the service at ``url``, and the memory of one verification.

    ``marker`` is part of every prompt sent, so that a leaked prompt is recognised. ``patience`` is how many
    seconds all waits for the rate limit may still take.
    """

    url: str
    client: httpx.AsyncClient
    expectations: Expectations
    progress: Progress
    patience: float = PATIENCE
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    marker: str = field(default_factory=lambda: f"verification-{secrets.token_hex(8)}")
    generated: Generated | None = None

    async def post(self, body: Any, **request: Any) -> httpx.Response:
        """POST /generate; where the limit is used up, waits until it is not, within ``patience``."""
        while True:
            response = await self.post_once(body, **request)
            wait = whole_seconds(response.headers.get("Retry-After"))
            if response.status_code != 429 or wait is None or wait > self.patience:
                return response
            await self.wait(wait)

    async def post_once(self, body: Any, **request: Any) -> httpx.Response:
        """POST /generate; ``body`` is sent as JSON, or as it is where it is bytes."""
        content = {"content": body} if isinstance(body, bytes) else {"json": body}
        return await self.client.post("/generate", **content, **request)

    async def wait(self, seconds: float) -> None:
        """Wait for the rate limit, visibly, and use up that much patience."""
        self.patience -= seconds
        while seconds > 0:
            self.progress(
                f"waiting {seconds:.0f} s for requests of this client that the rate limit still counts"
            )
            step = min(seconds, PROGRESS)
            await self.sleep(step)
            seconds -= step


def connect(url: str, source: str | None, timeout: float, expected: Expectations) -> httpx.AsyncClient:
    """A client of ``url`` that asks from the address ``source``, or from whichever the system picks.

    Where callers need a key it has the expected one, and it trusts the expected private authority. A loopback
    service is never reached through a proxy of the environment.
    """
    trust = ssl.create_default_context(cafile=expected.ca_file) if expected.ca_file else True
    key = {"Authorization": f"Bearer {expected.api_key}"} if expected.api_key else {}
    return httpx.AsyncClient(
        base_url=url,
        timeout=timeout,
        trust_env=not loopback_addresses(url),
        headers={"User-Agent": "ai-api-verification", **key},
        limits=httpx.Limits(max_connections=CONNECTIONS),
        transport=httpx.AsyncHTTPTransport(verify=trust, local_address=source) if source else None,
        verify=trust,
    )


def own_address(url: str) -> str | None:
    """A loopback address that nobody used before, or None where the service is not on loopback.

    A client is counted by its address, and all of 127.0.0.0/8 is this machine. So each verification of a
    rehearsed service is a client of its own, and never waits for what an earlier one used up.
    """
    if not any(address.version == 4 for address in loopback_addresses(url)):
        return None
    source = str(ipaddress.IPv4Address("127.16.0.0") + secrets.randbelow(2**22))
    with socket.socket() as probe:
        try:
            probe.bind((source, 0))
        except OSError:  # macOS has 127.0.0.1 only
            return None
    return source


def loopback_addresses(url: str) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """The addresses of the URL's host where all of them are loopback, else none."""
    parts = urlsplit(url)
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port, type=socket.SOCK_STREAM)
    except OSError:
        return []
    addresses = [ipaddress.ip_address(address[0]) for *_, address in found]
    return addresses if all(address.is_loopback for address in addresses) else []


def whole_seconds(text: str | None) -> int | None:
    """The number of a header such as Retry-After, or None where it is missing or no number."""
    return int(text) if text and text.isascii() and text.isdigit() else None


def request_id() -> str:
    return str(uuid.uuid4())
