"""Runs all checks against a service that a test made."""

from __future__ import annotations

import asyncio

from ansible_collections.ai_api.cloud.plugins.module_utils.core.finding import Finding
from ansible_collections.ai_api.cloud.plugins.module_utils.verification.confidentiality import LogCheck
from ansible_collections.ai_api.cloud.plugins.module_utils.verification.runner import verify
from ansible_collections.ai_api.cloud.plugins.module_utils.verification.service import (
    Expectations,
    Service,
    connect,
    own_address,
)

from tests.unit.verification.flawed import KEY, ORIGIN, Flawed


def verified(url: str, flawed: Flawed, origins: tuple[str, ...] = (ORIGIN,)) -> list[Finding]:
    """The findings about ``flawed``, which is served at ``url``, as seen by a client that is new to it."""

    async def run() -> list[Finding]:
        async with connect(url, own_address(url), 10, Expectations()) as client:
            expectations = Expectations(allowed_origins=origins)
            return await findings(Service(url, client, expectations, progress=lambda _: None), flawed)

    return asyncio.run(run())


async def findings(service: Service, flawed: Flawed) -> list[Finding]:
    logs = LogCheck(lambda: flawed.lines, [KEY], arrival=0)
    return await verify(service, logs, lambda _: None, wait=0)


def failures(found: list[Finding]) -> list[Finding]:
    return [finding for finding in found if finding.outcome == "failed"]
