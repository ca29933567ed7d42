"""Is it alive, is it ready, can a request be followed: checks that no limit counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from .checks import UnmetError, expect_status, json_object
from .service import Service, request_id

CLOCK_TOLERANCE = timedelta(seconds=60)
STARTUP = "Look at the log of the service for why it does not start."


async def health(service: Service) -> str:
    """``{"status": "healthy", "timestamp": <ISO 8601, UTC>}``, and the clock is right."""
    response = await service.client.get("/health")
    expect_status(response, 200, STARTUP)
    body = json_object(response, "Check that the URL is the one of the AI API.")
    if body.get("status") != "healthy":
        raise UnmetError(
            expected='status "healthy"', found=f"the keys {sorted(body)} without it", next_step=STARTUP
        )
    moment = _utc(body.get("timestamp"))
    if moment is None:
        raise UnmetError(
            expected="a timestamp in ISO 8601 and UTC",
            found="another one" if "timestamp" in body else "none",
            next_step="Check that the URL is the one of the AI API, at a version that reports the time.",
        )
    skew = abs(datetime.now(UTC) - moment)
    if skew > CLOCK_TOLERANCE:
        raise UnmetError(
            expected=f"a timestamp within {CLOCK_TOLERANCE.seconds} s of now",
            found=f"one {skew.total_seconds():.0f} s away",
            next_step="Correct the clock of the service's host or of this machine.",
        )
    return f"healthy, clocks {skew.total_seconds():.1f} s apart"


async def readiness(service: Service) -> str:
    """The provider is reachable with the deployed key."""
    response = await service.client.get("/health/ready")
    expect_status(
        response, 200, "The provider cannot be reached with the deployed key: check the key and the base URL."
    )
    return "ready, the provider accepts the key"


async def traceability(service: Service) -> str:
    """A given X-Request-ID comes back, and a request without one gets its own."""
    given = request_id()
    echoed = (await service.client.get("/health", headers={"X-Request-ID": given})).headers.get(
        "X-Request-ID"
    )
    if echoed != given:
        raise UnmetError(
            expected="the X-Request-ID that was sent",
            found="another one" if echoed else "none",
            next_step="Check that no proxy in front replaces or removes X-Request-ID.",
        )
    made = [(await service.client.get("/health")).headers.get("X-Request-ID") for _ in range(2)]
    if None in made or made[0] == made[1]:
        raise UnmetError(
            expected="an X-Request-ID of its own for every request without one",
            found="none" if None in made else "the same one twice",
            next_step="Check that the service runs its request-id middleware.",
        )
    return "given ids come back, missing ones are made"


def _utc(timestamp: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(timestamp))
    except ValueError:
        return None
    return moment if moment.utcoffset() == timedelta(0) else None
