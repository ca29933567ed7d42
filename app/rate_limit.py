"""So many requests and tokens a minute and client, before anything of the request is read."""

from __future__ import annotations

import math

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .client_address import limit_key
from .errors import ApiError
from .limit_storage import WINDOW_SECONDS, Limits, LimitStore, Verdict

LIMITED = frozenset({"/generate", "/v1/chat/completions"})  # what costs tokens; everything else is cheap

HEADERS = (
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "X-RateLimit-Limit-Tokens",
    "X-RateLimit-Remaining-Tokens",
    "X-RateLimit-Reset-Tokens",
    "Retry-After",
)


class RateLimit:
    """Limits POST requests to LIMITED by ``limits``, or by those of the caller's key.

    Every answer says what is left. A request counts when it comes, its tokens when it is answered:
    they are taken from ``prompt_tokens`` and ``completion_tokens`` of the request's log fields.
    """

    def __init__(self, app: ASGIApp, limits: Limits, store: LimitStore) -> None:
        self.app = app
        self._limits = limits
        self._store = store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in LIMITED or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return

        client, limits = self._client(scope)
        verdict = await self._store.admit(client, limits)
        report = _headers(limits, verdict)
        if not verdict.admitted:
            raise _refusal(limits, verdict, report)
        charged = limits.tokens == 0

        async def charge() -> None:
            nonlocal charged
            if not charged:
                charged = True
                fields = scope["state"]["log_fields"]
                tokens = fields.get("prompt_tokens", 0) + fields.get("completion_tokens", 0)
                if tokens:
                    await self._store.charge(client, tokens / limits.tokens * WINDOW_SECONDS)

        async def send_with_limits(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in report.items():
                    headers[name] = value
            elif not message.get("more_body"):
                await charge()  # before the caller can ask again
            await send(message)

        try:
            await self.app(scope, receive, send_with_limits)
        finally:
            await charge()

    def _client(self, scope: Scope) -> tuple[str, Limits]:
        """Who is counted, and by which limits."""
        if key := scope["state"].get("api_key"):
            return f"key:{key.id}", Limits(
                key.requests_per_minute or self._limits.requests,
                self._limits.tokens if key.tokens_per_minute is None else key.tokens_per_minute,
            )
        return limit_key(scope["state"]["client"]), self._limits


def _headers(limits: Limits, verdict: Verdict) -> dict[str, str]:
    headers = {
        "X-RateLimit-Limit": str(limits.requests),
        "X-RateLimit-Remaining": str(max(0, limits.requests - verdict.requests)),
        "X-RateLimit-Reset": _seconds(verdict.wait),
    }
    if limits.tokens:
        left = math.floor(limits.tokens * (1 - verdict.debt / WINDOW_SECONDS))
        headers["X-RateLimit-Limit-Tokens"] = str(limits.tokens)
        headers["X-RateLimit-Remaining-Tokens"] = str(max(0, left))
        headers["X-RateLimit-Reset-Tokens"] = str(math.ceil(verdict.debt))
    return headers


def _refusal(limits: Limits, verdict: Verdict, report: dict[str, str]) -> ApiError:
    wait, code, limit = verdict.wait, "rate_limited", f"{limits.requests} requests"
    if limits.tokens and verdict.debt >= WINDOW_SECONDS:
        wait, code, limit = verdict.debt - WINDOW_SECONDS, "token_budget_used_up", f"{limits.tokens} tokens"
        if verdict.requests >= limits.requests:
            wait = max(wait, verdict.wait)
    pause = _seconds(wait)
    return ApiError(
        429, code, f"At most {limit} a minute; try again in {pause} s", {**report, "Retry-After": pause}
    )


def _seconds(wait: float) -> str:
    return str(max(1, math.ceil(wait)))
