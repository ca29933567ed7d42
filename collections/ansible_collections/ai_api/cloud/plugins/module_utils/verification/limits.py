"""The rate limit: enforced at exactly its number, for each client apart, whatever a client claims to be.

All requests here are refused before the provider is asked; refused requests count as well.
"""

from __future__ import annotations

import asyncio
import secrets

import httpx

from .checks import NotVerifiableError, UnmetError, answered
from .service import IMPOSSIBLE, Service, connect, own_address, whole_seconds

BEYOND = 5  # requests sent beyond the limit
MOST = 200  # requests a minute: a higher limit is not used up for the sake of a check
CLOSING = 5  # seconds: what is forgiven sooner may be so in the middle of a check
WINDOW = 60  # seconds

LIMITER = (
    "Check the limiter of the service (RATE_LIMIT_PER_MINUTE), and whether each replica counts on its own."
)
HOPS = (
    "Set TRUSTED_PROXY_HOPS of the service to the number of proxies in front that append to X-Forwarded-For."
)


async def rate_limit(service: Service) -> str:
    """Of limit + 5 quick requests exactly as many pass as the service said were left, then 429 comes."""
    limit = _verifiable_limit(service)
    first = await _first_of_a_lasting_window(service)
    stated, left = (
        whole_seconds(first.headers.get(f"X-RateLimit-{name}")) for name in ("Limit", "Remaining")
    )
    if stated != limit or left is None:
        raise UnmetError(
            expected=f"X-RateLimit-Limit: {limit} and a number as X-RateLimit-Remaining",
            found=f"{_shown(first, 'Limit')} and {_shown(first, 'Remaining')}",
            next_step="Deploy with the limit that is verified, or set verify_rate_limit_per_minute. "
            + LIMITER,
        )
    sent = limit + BEYOND
    rest = await asyncio.gather(*(service.post_once(IMPOSSIBLE) for _ in range(sent - 1)))
    refused = [response for response in rest if response.status_code == 429]
    if len(rest) - len(refused) != left:
        raise UnmetError(
            expected=f"429 after the {left} requests that were left of {limit} a minute",
            found=f"{len(rest) - len(refused)} of {len(rest)} accepted",
            next_step=f"If nobody else called from this address meanwhile: {LIMITER}",
        )
    for response in refused:
        _expect_honest_refusal(response, limit)
    return f"{limit} a minute: 429 with Retry-After came when the {left} left of them were used"


async def forged_client(service: Service) -> str:
    """Where the limit is used up, no header makes the caller another client."""
    await _expect_used_up(service)
    for headers in _forgeries():
        response = await service.post_once(IMPOSSIBLE, headers=headers)
        if response.status_code != 429:
            raise UnmetError(
                expected=f"status 429 whatever {' and '.join(headers)} say",
                found=answered(response),
                next_step=HOPS,
            )
    return "forged addresses do not open the limit"


async def separate_clients(service: Service) -> str:
    """Where the limit of one client is used up, another client is still served."""
    if not service.expectations.separate_clients:
        raise NotVerifiableError("not asked for (verify_separate_clients is false)")
    if service.expectations.api_key:
        raise NotVerifiableError("a client is the key it calls with, and only one is given (verify_api_key)")
    source = own_address(service.url)
    if source is None:
        raise NotVerifiableError("only a service on IPv4 loopback can be asked from a second address")
    await _expect_used_up(service)
    async with connect(service.url, source, 10, service.expectations) as other:
        response = await other.post("/generate", json=IMPOSSIBLE)
    if response.status_code == 429:
        raise UnmetError(
            expected="another client to be served while this one is refused",
            found="status 429 for both",
            next_step=f"{HOPS} Behind a port mapping of a container engine all clients look alike: "
            "there, use -e verify_separate_clients=false",
        )
    return "a second client is counted apart"


def _verifiable_limit(service: Service) -> int:
    limit = service.expectations.rate_limit
    if not 0 < limit <= MOST:
        raise NotVerifiableError(
            f"a limit of {limit} a minute is not used up for a check, only 1 to {MOST} are"
        )
    return limit


async def _first_of_a_lasting_window(service: Service) -> httpx.Response:
    """The first of many requests, sent when none made earlier is about to be forgiven."""
    while True:
        response = await service.post(IMPOSSIBLE)
        closes_in = whole_seconds(response.headers.get("X-RateLimit-Reset"))
        if closes_in is None or closes_in > CLOSING or closes_in > service.patience:
            return response
        await service.wait(closes_in)


async def _expect_used_up(service: Service) -> None:
    _verifiable_limit(service)
    if (await service.post_once(IMPOSSIBLE)).status_code != 429:
        raise NotVerifiableError("the rate limit was not reached")


def _expect_honest_refusal(response: httpx.Response, limit: int) -> None:
    retry_after = whole_seconds(response.headers.get("Retry-After"))
    if not 1 <= (retry_after or 0) <= WINDOW:
        raise UnmetError(
            expected=f"429 with Retry-After from 1 to {WINDOW} s",
            found=f"Retry-After: {response.headers.get('Retry-After', 'none')}",
            next_step=LIMITER,
        )
    numbers = {
        name: whole_seconds(response.headers.get(f"X-RateLimit-{name}")) for name in ("Limit", "Remaining")
    }
    if numbers != {"Limit": limit, "Remaining": 0} or "X-RateLimit-Reset" not in response.headers:
        raise UnmetError(
            expected=f"429 with X-RateLimit-Limit {limit}, -Remaining 0 and -Reset",
            found=", ".join(_shown(response, name) for name in ("Limit", "Remaining", "Reset")),
            next_step=LIMITER,
        )


def _forgeries() -> list[dict[str, str]]:
    address = f"203.0.113.{1 + secrets.randbelow(254)}"
    return [
        {"X-Forwarded-For": address},
        {"X-Forwarded-For": f"{address}, 198.51.100.{1 + secrets.randbelow(254)}, 127.0.0.1"},
        {"X-Real-IP": address, "True-Client-IP": address, "Forwarded": f"for={address}"},
    ]


def _shown(response: httpx.Response, name: str) -> str:
    return f"X-RateLimit-{name}: {response.headers.get(f'X-RateLimit-{name}', 'none')}"
