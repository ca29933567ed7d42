"""The limiter's memory in a Redis or Valkey server, shared by all processes.

Each question is one script, so it is one round trip and nothing comes between counting and deciding.
The server's clock is the only one. A client's two keys share a hash tag, so a cluster keeps them together.
Import this off the event loop: redis takes a third of a second.
"""

from __future__ import annotations

import asyncio
import ssl
from hashlib import sha1
from typing import Any

from redis.asyncio.connection import Connection, SSLConnection, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as LostError
from redis.exceptions import NoScriptError, ResponseError

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

HASHES = {script: sha1(script.encode(), usedforsecurity=False).hexdigest() for script in (ADMIT, CHARGE)}


class LimitServer:
    """A few connections; raises OSError or RedisError where the server does not do its part.

    ``timeout`` is for connecting, and for each answer, in seconds; ``certificates`` is PEM text that
    replaces the system's authorities. Make it in a thread: certificates are loaded.

    It uses the library's connections and not its client, whose pool, retries and telemetry take as much
    processor time again as the question itself.
    """

    def __init__(self, url: str, timeout: float, certificates: str | None = None) -> None:
        self._timeout = timeout
        self._kind: type[Connection] = Connection
        self._options: dict[str, Any] = parse_url(url) | {
            "retry": Retry(NoBackoff(), 0),
            "socket_connect_timeout": None,  # one timeout around all is less work than one around each step
            "socket_timeout": None,
            "protocol": 2,
        }
        self._options.pop("connection_class", None)
        if url.startswith("rediss:"):
            self._kind = TlsConnection
            self._options["context"] = ssl.create_default_context(cadata=certificates)
        self._idle: list[Connection] = []
        self._places = asyncio.Semaphore(CONNECTIONS)

    async def admit(self, client: str, limits: Limits) -> Verdict:
        window, budgeted = int(WINDOW_SECONDS * MICROSECONDS), int(limits.tokens > 0)
        admitted, count, wait, debt = await self._run(
            ADMIT, _names(client), window, limits.requests, budgeted
        )
        return Verdict(bool(admitted), count, wait / MICROSECONDS, debt / MICROSECONDS)

    async def charge(self, client: str, seconds: float) -> None:
        await self._run(CHARGE, _names(client)[1:], int(seconds * MICROSECONDS))

    async def close(self) -> None:
        while self._idle:
            await self._idle.pop().disconnect()

    async def _run(self, script: str, keys: list[str], *arguments: int) -> Any:
        """By its hash, as the server has it but after a start."""
        try:
            return await self._ask("EVALSHA", HASHES[script], len(keys), *keys, *arguments)
        except NoScriptError:
            return await self._ask("EVAL", script, len(keys), *keys, *arguments)

    async def _ask(self, *command: str | int) -> Any:
        while True:
            async with asyncio.timeout(self._timeout) as patience, self._places:
                kept = bool(self._idle)
                connection = self._idle.pop() if kept else self._kind(**self._options)
                try:
                    if not kept:
                        await connection.connect()  # type: ignore[no-untyped-call]
                        patience.reschedule(asyncio.get_running_loop().time() + self._timeout)
                    await connection.send_command(*command)
                    answer = await connection.read_response()
                except ResponseError:
                    self._idle.append(connection)
                    raise
                except BaseException as error:  # also when it is cancelled: the answer is still to come
                    await connection.disconnect(nowait=True)
                    if kept and isinstance(error, LostError):
                        continue  # servers close what is idle for long; at worst the request counts twice
                    raise
                self._idle.append(connection)
                return answer


class TlsConnection(SSLConnection):
    """With a context shared by all connections; the base class makes one for each, 20 ms on the loop."""

    def __init__(self, context: ssl.SSLContext, **options: Any) -> None:
        super().__init__(**options)
        self.ssl_context.context = context


def _names(client: str) -> list[str]:
    return [f"ai-api:{{{client}}}:requests", f"ai-api:{{{client}}}:tokens"]
