"""The limiter's memory in a Redis or Valkey server, shared by all processes.

Each question is one script, so it is one round trip and nothing comes between counting and deciding.
The server's clock is the only one. A client's two keys share a hash tag, so a cluster keeps them together.
Import this off the event loop: redis takes a third of a second.
"""

from __future__ import annotations

import ssl
from typing import Any

from redis.asyncio import BlockingConnectionPool, Connection, Redis, SSLConnection
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from .limit_storage import WINDOW_SECONDS, Limits, Verdict

CONNECTIONS = 16
MICROSECONDS = 1_000_000

_CLOCK = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
"""

# KEYS: requests, tokens. ARGV: window in us, limit of requests, whether there is a budget of tokens.
# Returns Verdict with times in us.
ADMIT = f"""{_CLOCK}
local window, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
local oldest = redis.call('LINDEX', KEYS[1], 0)
while oldest and tonumber(oldest) <= now - window do
  redis.call('LPOP', KEYS[1])
  oldest = redis.call('LINDEX', KEYS[1], 0)
end
local count = redis.call('LLEN', KEYS[1])
local debt = 0
if ARGV[3] == '1' then
  debt = math.max(0, tonumber(redis.call('GET', KEYS[2]) or 0) - now)
end
local admitted = count < limit and debt < window
if admitted then
  count = redis.call('RPUSH', KEYS[1], string.format('%.0f', now))
  redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000))
end
local first = redis.call('LINDEX', KEYS[1], math.max(0, count - limit))
return {{admitted and 1 or 0, count, first and first + window - now or 0, debt}}
"""

# KEYS: tokens. ARGV: cost in us of the budget.
CHARGE = f"""{_CLOCK}
local paid_off = math.max(now, tonumber(redis.call('GET', KEYS[1]) or 0)) + tonumber(ARGV[1])
redis.call('SET', KEYS[1], string.format('%.0f', paid_off), 'PX', math.ceil((paid_off - now) / 1000) + 1)
"""


class LimitServer:
    """One pool of connections; raises OSError or RedisError where the server does not do its part.

    ``timeout`` is for connecting, and for each answer, in seconds; ``certificates`` is PEM text that
    replaces the system's authorities. Make it in a thread: certificates are loaded.
    """

    def __init__(self, url: str, timeout: float, certificates: str | None = None) -> None:
        options: dict[str, Any] = {"connection_class": Connection}
        if url.startswith("rediss:"):
            context = ssl.create_default_context(cadata=certificates)
            options = {"connection_class": TlsConnection, "context": context}
        address: dict[str, Any] = {**parse_url(url), **options}
        pool = BlockingConnectionPool(
            max_connections=CONNECTIONS,
            timeout=timeout,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
            **address,
        )
        self._client = Redis.from_pool(pool)
        self._admit = self._client.register_script(ADMIT)
        self._charge = self._client.register_script(CHARGE)

    async def admit(self, client: str, limits: Limits) -> Verdict:
        arguments = [int(WINDOW_SECONDS * MICROSECONDS), limits.requests, int(limits.tokens > 0)]
        admitted, count, wait, debt = await self._admit(keys=_names(client), args=arguments)
        return Verdict(bool(admitted), count, wait / MICROSECONDS, debt / MICROSECONDS)

    async def charge(self, client: str, seconds: float) -> None:
        await self._charge(keys=_names(client)[1:], args=[int(seconds * MICROSECONDS)])

    async def close(self) -> None:
        await self._client.aclose()


class TlsConnection(SSLConnection):
    """With a context shared by all connections; the base class makes one for each, 20 ms on the loop."""

    def __init__(self, context: ssl.SSLContext, **options: Any) -> None:
        super().__init__(**options)
        self.ssl_context.context = context


def _names(client: str) -> list[str]:
    return [f"ai-api:{{{client}}}:requests", f"ai-api:{{{client}}}:tokens"]
