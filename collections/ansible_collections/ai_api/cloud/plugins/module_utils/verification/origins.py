"""Which browser origins may call the service."""

from __future__ import annotations

import secrets

import httpx

from .checks import NotVerifiableError, UnmetError, answered
from .service import Service

SETTING = "Correct service_allowed_origins (ALLOWED_ORIGINS of the service) and deploy again."


async def allowed_origin(service: Service) -> str:
    """Every declared origin may send POST /generate with a JSON body."""
    origins = service.expectations.allowed_origins
    if not origins:
        raise NotVerifiableError("no allowed origin was given (verify_allowed_origins)")
    for origin in origins:
        asked = _foreign_origin() if origin == "*" else origin
        response = await _preflight(service, asked)
        allowed = response.headers.get("Access-Control-Allow-Origin")
        methods = response.headers.get("Access-Control-Allow-Methods", "")
        if not response.is_success or allowed not in {asked, "*"} or "POST" not in methods:
            raise UnmetError(
                expected=f"a preflight that allows POST from {origin}",
                found=f"{answered(response)}, origin {allowed or 'none'}, methods {methods or 'none'}",
                next_step=SETTING,
            )
    return f"POST is allowed from {', '.join(origins)}"


async def foreign_origin(service: Service) -> str:
    """An origin that nobody declared is not let in, and credentials never go with a wildcard."""
    origin = _foreign_origin()
    response = await _preflight(service, origin)
    allowed = response.headers.get("Access-Control-Allow-Origin")
    credentials = response.headers.get("Access-Control-Allow-Credentials") == "true"
    if "*" not in service.expectations.allowed_origins and allowed in {origin, "*"}:
        raise UnmetError(
            expected=f"no permission for the foreign origin {origin}",
            found=f"Access-Control-Allow-Origin: {allowed}",
            next_step=SETTING,
        )
    if allowed and credentials:
        raise UnmetError(
            expected="no credentials together with every origin",
            found=f"Access-Control-Allow-Credentials: true for {origin}",
            next_step="List the origins instead of *. " + SETTING,
        )
    return "every origin is allowed, without credentials" if allowed else "a foreign origin is not allowed"


async def _preflight(service: Service, origin: str) -> httpx.Response:
    return await service.client.options(
        "/generate",
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        },
    )


def _foreign_origin() -> str:
    return f"https://foreign-{secrets.token_hex(4)}.example"
