"""POST /generate: one real answer, and every kind of request that must be refused."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping

from .checks import Check, UnmetError, answered, expect_status, json_object
from .service import Generated, Service, request_id

TOKENS = ("prompt_tokens", "completion_tokens", "total_tokens")
PROVIDER = (
    "Look at the log of the service for what the provider answered, and check its key, quota and model."
)
CONTRACT = "The deployed version breaks the API's contract: deploy one that keeps it."


async def generate(service: Service) -> str:
    """A short prompt is answered by the provider, with model, usage and latency."""
    sent = request_id()
    started = time.monotonic()
    response = await service.post(
        {
            "prompt": f"Answer with the single word ready. ({service.marker})",
            "max_tokens": 64,
            "temperature": 0,
        },
        headers={"X-Request-ID": sent},
    )
    elapsed_ms = (time.monotonic() - started) * 1000
    expect_status(response, 200, PROVIDER)
    body = json_object(response, CONTRACT)
    content, usage, latency = body.get("content"), body.get("usage"), body.get("latency_ms")
    if not isinstance(content, str) or not content.strip():
        raise UnmetError(expected="content that is not empty", found="none", next_step=PROVIDER)
    service.generated = Generated(response.headers.get("X-Request-ID", sent), content)
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise UnmetError(expected="the name of the model", found="none", next_step=CONTRACT)
    if not isinstance(usage, Mapping) or not all(_is_count(usage.get(name)) for name in TOKENS):
        raise UnmetError(
            expected=f"usage with {', '.join(TOKENS)}", found="other or no counts", next_step=CONTRACT
        )
    if not isinstance(latency, int | float) or not 0 <= latency <= elapsed_ms:
        raise UnmetError(
            expected=f"latency_ms between 0 and the {elapsed_ms:.0f} ms that the request took",
            found=f"{latency:.0f}" if isinstance(latency, int | float) else "no number",
            next_step=CONTRACT,
        )
    return f"a real answer from {model}, {usage['total_tokens']} tokens in {latency:.0f} ms"


def refusals() -> list[Check]:
    """One check for each request that must be refused with 422; none of them reaches the provider."""
    cases: dict[str, dict[str, object]] = {
        "an empty prompt": {"prompt": ""},
        "a prompt of 10001 characters": {"prompt": "x" * 10001},
        "a temperature out of range": {"temperature": 2.1},
        "max_tokens out of range": {"max_tokens": 0},
    }
    return [Check(f"refuses {name}", _refusal(fields)) for name, fields in cases.items()]


def _refusal(fields: Mapping[str, object]) -> Callable[[Service], Awaitable[str]]:
    async def refuse(service: Service) -> str:
        body = {"prompt": service.marker, **fields}
        response = await service.post(body)
        expect_status(response, 422, CONTRACT)
        if str(body["prompt"]) and str(body["prompt"]) in response.text:
            raise UnmetError(
                expected="an error without the prompt", found="the prompt in the error", next_step=CONTRACT
            )
        return "status 422"

    return refuse


async def no_bare_500(service: Service) -> str:
    """What no honest client sends is the client's error, and the error says so in JSON."""
    hostile = {
        "broken JSON": b'{"prompt": ',
        "a list instead of an object": b'["prompt"]',
        "half a surrogate pair": b'{"prompt": "\\ud800", "max_tokens": 1}',
    }
    for name, body in hostile.items():
        response = await service.post(body, headers={"Content-Type": "application/json"})
        if response.status_code not in {400, 422}:
            raise UnmetError(expected=f"400 or 422 to {name}", found=answered(response), next_step=CONTRACT)
        json_object(response, CONTRACT)
    return f"{len(hostile)} malformed requests got an honest error"


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
