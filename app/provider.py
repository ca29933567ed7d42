"""HTTP to the model provider, and the only module that knows aiohttp. Import it off the event loop: 0.3 s."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from .provider_errors import ProviderError, broken_off, not_connected, not_understood

# Compressed answers would cost more CPU than the bytes are worth, and hold streams back.
HEADERS = {"Content-Type": "application/json", "Accept-Encoding": "identity", "User-Agent": "ai-api"}


class Answer:
    """An answer whose status and headers are there; the body is read when it is asked for."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers

    async def read(self) -> bytes:
        """The whole body; then the connection is free for the next call."""
        try:
            return await self._response.read()
        except aiohttp.ClientError as error:
            raise broken_off(received=True) from error

    async def chunk(self) -> bytes:
        """What has come since the last time, at least a byte; nothing at the end."""
        try:
            return await self._response.content.readany()
        except aiohttp.ClientError as error:
            raise broken_off(received=True) from error

    def close(self) -> None:
        """Hang up, unless the body was read to its end."""
        self._response.close()


class Provider:
    """A pool of connections; every failure is a ProviderError. Make it on the event loop."""

    def __init__(self, connect_timeout: float) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=connect_timeout),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=HEADERS,
        )

    async def post(self, url: str, key: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Returns as soon as the status is known, whatever it is."""
        return await self._request("POST", url, key, headers, body)

    async def get(self, url: str, key: str) -> Answer:
        return await self._request("GET", url, key, {}, None)

    async def close(self) -> None:
        await self._session.close()

    async def _request(
        self, method: str, url: str, key: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        try:
            response = await self._session.request(
                method,
                url,
                data=body,
                headers={**headers, "Authorization": f"Bearer {key}"},
                allow_redirects=False,
                proxy=_proxy(url),
            )
        except aiohttp.ClientError as error:
            raise _failure(error) from error
        return Answer(response)


def _failure(error: aiohttp.ClientError) -> ProviderError:
    if isinstance(error, aiohttp.ServerTimeoutError):
        return not_connected()
    if isinstance(error, aiohttp.ClientConnectorError):
        return broken_off(refused=True)
    if isinstance(error, aiohttp.ClientConnectionError):
        return broken_off()
    return not_understood()


@cache
def _proxy(url: str) -> str | None:
    """The proxy of the environment (HTTPS_PROXY, NO_PROXY), looked up once for each of our few URLs."""
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return None
    return getproxies().get(parts.scheme)
