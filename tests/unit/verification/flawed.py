"""A small service that keeps the API's contract, except for the one flaw it is given."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from ansible_collections.ai_api.cloud.plugins.module_utils.core.logs import LogLine
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

ORIGIN = "https://app.example.com"
KEY = f"sk-{uuid4().hex}"


class Flawed:
    """``flaw`` names what is wrong; without one the service is right. ``lines`` is its log."""

    def __init__(self, flaw: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        self.flaw = flaw
        self.clock = clock
        self.limit = 20
        self.window = 60.0
        self.hits: dict[str, list[float]] = defaultdict(list)
        self.prompts = 0
        self.lines: list[LogLine] = []
        self.app = Starlette(
            routes=[
                Route("/health", self.health),
                Route("/health/ready", self.ready),
                Route("/generate", self.preflight, methods=["OPTIONS"]),
                Route("/generate", self.generate, methods=["POST"]),
            ],
            middleware=[Middleware(RequestIds, flawed=self)],
        )

    async def health(self, _: Request) -> Response:
        now = datetime.now(UTC)
        return {
            "unhealthy": JSONResponse({"status": "unhealthy"}, 500),
            "health without a status": JSONResponse({"timestamp": now.isoformat()}),
            "health is no JSON": PlainTextResponse("fine"),
            "local time": JSONResponse({"status": "healthy", "timestamp": "2026-01-01T12:00:00"}),
            "wrong clock": JSONResponse(
                {"status": "healthy", "timestamp": (now - timedelta(hours=1)).isoformat()}
            ),
        }.get(self.flaw) or JSONResponse({"status": "healthy", "timestamp": now.isoformat()})

    async def ready(self, _: Request) -> Response:
        return JSONResponse({"status": "ready"}, 503 if self.flaw == "not ready" else 200)

    async def preflight(self, request: Request) -> Response:
        origin = request.headers["Origin"]
        if self.flaw == "wildcard with credentials":
            return _allow(origin, "POST", credentials=True)
        if origin == ORIGIN and self.flaw != "origin forgotten":
            return _allow(origin, "GET" if self.flaw == "POST forgotten" else "POST")
        return _allow(origin, "POST") if self.flaw == "every origin" else PlainTextResponse("no", 400)

    async def generate(self, request: Request) -> Response:
        headers = self._count(self._client(request))
        if isinstance(headers, Response):
            return headers
        response = await self._answer(request)
        response.headers.update(headers)
        return response

    def _client(self, request: Request) -> str:
        forwarded = request.headers.get("X-Forwarded-For", "").split(",")[0]
        if self.flaw == "trusts X-Forwarded-For" and forwarded:
            return forwarded
        if self.flaw == "trusts X-Real-IP" and "X-Real-IP" in request.headers:
            return request.headers["X-Real-IP"]
        if self.flaw == "one limit for all" or request.client is None:
            return "everyone"
        return request.client.host

    def _count(self, client: str) -> dict[str, str] | Response:
        """The headers that say what is left, or the refusal."""
        enforced = {"no limit": 10_000, "one too many": self.limit + 1, "one too few": self.limit - 1}
        now = self.clock()
        hits = self.hits[client] = [hit for hit in self.hits[client] if hit > now - self.window]
        left = self.limit - len(hits) - 1
        reset = str(max(1, round(hits[0] + self.window - now))) if hits else str(int(self.window))
        headers = {
            "X-RateLimit-Limit": str(self.limit if self.flaw != "another limit" else 100),
            "X-RateLimit-Remaining": str(max(0, left)),
            "X-RateLimit-Reset": reset,
        }
        if len(hits) < enforced.get(self.flaw, self.limit):
            hits.append(now)
            return headers
        if self.flaw == "429 without headers":
            headers = {}
        if self.flaw != "no Retry-After":
            headers["Retry-After"] = "soon" if self.flaw == "Retry-After in words" else reset
        return JSONResponse({"error": {"code": "rate_limited"}}, 429, headers)

    async def _answer(self, request: Request) -> Response:
        try:
            body = json.loads(await request.body())
            prompt = str(body["prompt"])
            prompt.encode()
        except (ValueError, TypeError):
            if self.flaw == "500 on broken JSON":
                return PlainTextResponse("Internal Server Error", 500)
            return JSONResponse({"error": {"code": "invalid_request"}}, 422)
        problem = {
            "empty": not prompt,
            "long": len(prompt) > 10_000,
            "hot": not 0 <= body.get("temperature", 0.7) <= 2,
            "many": not 1 <= body.get("max_tokens", 1000) <= 4096,
        }
        found = [name for name, wrong in problem.items() if wrong and self.flaw != f"takes {name}"]
        if found:
            told = {"input": prompt} if self.flaw == "quotes the prompt" else {}
            return JSONResponse({"error": {"code": "invalid_request", **told}}, 422)
        self.prompts += 1
        return await self._generated(prompt, request.scope["request_id"])

    async def _generated(self, prompt: str, request_id: str) -> Response:
        answer = "ready, as ready as can be"
        leaks = {"logs the key": KEY, "logs a bearer": "Bearer abcdefghijklmnopqrstuvw"}
        leaks |= {"logs the prompt": prompt, "logs the answer": answer}
        if self.flaw != "logs nothing":
            self.lines.append(
                LogLine(datetime.now(UTC), "instance", f"{request_id} {leaks.get(self.flaw, '')}")
            )
        await asyncio.sleep(0.01)
        body: dict[str, object] = {
            "content": "" if self.flaw == "empty answer" else answer,
            "model": "" if self.flaw == "no model" else "stand-in",
            "usage": {"prompt_tokens": 5, "completion_tokens": 6, "total_tokens": 11},
            "latency_ms": 60_000 if self.flaw == "latency is wrong" else 9.5,
        }
        if self.flaw == "no usage":
            body["usage"] = {}
        if self.flaw == "provider fails":
            return JSONResponse({"error": {"code": "provider_unavailable", "message": answer}}, 502)
        return JSONResponse(body)


class RequestIds:
    def __init__(self, app: ASGIApp, flawed: Flawed) -> None:
        self.app = app
        self.flawed = flawed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Request(scope).headers.get("X-Request-ID")
        flaw = self.flawed.flaw
        made = "always-the-same" if flaw == "one request id" else uuid4().hex
        scope["request_id"] = made if flaw == "replaces request ids" else given or made

        async def send_with_id(message: dict[str, object]) -> None:
            if message["type"] == "http.response.start" and (given or flaw != "no request id"):
                headers = message["headers"]
                assert isinstance(headers, list)
                headers.append((b"x-request-id", scope["request_id"].encode()))
            await send(message)

        await self.app(scope, receive, send_with_id)  # type: ignore[arg-type]


def _allow(origin: str, methods: str, *, credentials: bool = False) -> Response:
    headers = {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Methods": methods}
    if credentials:
        headers["Access-Control-Allow-Credentials"] = "true"
    return PlainTextResponse("ok", headers=headers)
