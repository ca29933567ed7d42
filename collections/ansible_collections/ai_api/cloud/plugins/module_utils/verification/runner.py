"""Which checks there are, in which order they run, and what becomes of their outcome."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import httpx

from ..core.errors import CloudError
from ..core.finding import Finding, Outcome
from .basics import health, readiness, traceability
from .checks import Check, NotVerifiableError, UnmetError, answered
from .generation import generate, no_bare_500, refusals
from .limits import forged_client, rate_limit, separate_clients
from .origins import allowed_origin, foreign_origin
from .service import Service

STARTING = {502, 503, 504}  # what a load balancer says before its targets are healthy
POLL = 2.0
UNREACHABLE = "Check that the service runs, and the name, the certificate and the network on the way to it."


async def verify(
    service: Service,
    logs: Callable[[Service], Awaitable[str]],
    on_finding: Callable[[Finding], None],
    wait: float,
) -> list[Finding]:
    """Run all checks; a service that does not answer within ``wait`` seconds is not asked further."""
    findings: list[Finding] = []

    def add(finding: Finding) -> None:
        findings.append(finding)
        on_finding(finding)

    async def run(check: Check) -> None:
        add(await judge(check, service))

    await run(Check("reachable", lambda service: reachable_within(service, wait)))
    reachable = findings[0].outcome == "passed"
    for stage in stages(logs):
        if reachable:
            await asyncio.gather(*map(run, stage))
        else:
            for check in stage:
                add(Finding(check.name, "skipped", "the service cannot be reached"))
    return findings


async def reachable_within(service: Service, seconds: float) -> str:
    """Anything but a load balancer without targets answers; waits for it, since new names take a while."""
    gives_up = time.monotonic() + seconds
    while True:
        late = time.monotonic() >= gives_up
        try:
            response = await service.client.get("/health")
        except httpx.TransportError:
            if late:
                raise
        else:
            if response.status_code not in STARTING:
                return f"answers over {response.http_version}"
            if late:
                raise UnmetError(
                    expected="an answer of the service",
                    found=answered(response),
                    next_step="Check in the log of the service why no instance of it is healthy.",
                )
        service.progress("waiting for the service to answer")
        await asyncio.sleep(min(POLL, max(0.0, gives_up - time.monotonic())))


def stages(logs: Callable[[Service], Awaitable[str]]) -> list[list[Check]]:
    """The checks of one stage run together.

    The rate limit comes after everything that needs a part of it, the logs after everything that is logged.
    """
    return [
        [
            Check("health", health),
            Check("readiness", readiness),
            Check("request id", traceability),
            Check("allowed origin", allowed_origin),
            Check("foreign origin", foreign_origin),
        ],
        [Check("generate", generate)],
        *([check] for check in refusals()),
        [Check("no bare 500", no_bare_500)],
        [Check("rate limit", rate_limit)],
        [Check("forged client address", forged_client)],
        [Check("separate clients", separate_clients)],
        [Check("confidential logs", logs)],
    ]


async def judge(check: Check, service: Service) -> Finding:
    """Run one check and put what it says, or what went wrong, into a Finding."""
    started = time.monotonic()

    def finding(outcome: Outcome, found: str, expected: str = "", next_step: str = "") -> Finding:
        return Finding(check.name, outcome, found, expected, next_step, round(time.monotonic() - started, 3))

    try:
        return finding("passed", await check.run(service))
    except NotVerifiableError as reason:
        return finding("skipped", str(reason))
    except UnmetError as unmet:
        return finding("failed", unmet.found, unmet.expected, unmet.next_step)
    except httpx.TransportError as error:
        return finding("failed", f"{type(error).__name__} {error}".strip(), "an answer", UNREACHABLE)
    except CloudError as error:
        return finding("failed", str(error), "to read the log", "")
