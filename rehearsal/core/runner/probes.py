"""Probes as Kubernetes and Cloud Run do them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from ..upstream import ask, connect
from .model import Probe

_AGENT = "kube-probe/1.30"
# What starts is asked more often than its period says, so that a start costs what it takes and no more.
_EAGER_SECONDS = 0.25


async def problem(host: str, probe: Probe) -> str:
    """What is wrong, empty if nothing."""
    try:
        async with asyncio.timeout(probe.timeout):
            if not probe.path:
                (await connect((host, probe.port))).close()
                return ""
            status = await ask((host, probe.port), probe.path, _AGENT)
    except TimeoutError:
        return f"{_named(probe)} gave no answer within {probe.timeout:g} s"
    except Exception as error:  # whatever a broken server sends
        return f"{_named(probe)} failed: {error}"
    return "" if 200 <= status < 400 else f"{_named(probe)} answered {status}"


async def started(host: str, probe: Probe) -> str:
    """Wait for the first success; what is wrong when there was none in the time of the allowed failures."""
    deadline = time.monotonic() + probe.initial_delay + probe.period * probe.failures
    while True:
        found = await problem(host, probe)
        if not found or time.monotonic() >= deadline:
            return found
        await asyncio.sleep(min(probe.period, _EAGER_SECONDS))


async def verdicts(host: str, probe: Probe, *, eager: bool = False) -> AsyncIterator[str]:
    """After each probe: empty when it succeeded, what is wrong after too many failures in a row.

    ``eager``: from now on and often until the first success.
    """
    bad = 0
    if not eager:
        await asyncio.sleep(probe.initial_delay)
    while True:
        found = await problem(host, probe)
        bad = bad + 1 if found else 0
        if not bad or bad >= probe.failures:
            yield found
        eager = eager and bool(found)
        await asyncio.sleep(min(probe.period, _EAGER_SECONDS) if eager else probe.period)


def _named(probe: Probe) -> str:
    return f"GET {probe.path} on port {probe.port}" if probe.path else f"TCP connect to port {probe.port}"
