"""What Prometheus sees. Label values are few: routes, configured models, our own codes."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from typing import Any, Literal

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics
from starlette.types import Scope

from . import __version__
from .metrics_server import MetricsServer
from .observation import FetchOutcome, KeyOwner, Observer, UpstreamCall
from .route_template import route_template

METHODS = frozenset({"GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"})
OTHER = "other"
# Why we refused a request, by the code of its answer.
REFUSALS = {
    "rate_limited": "rate",
    "token_budget_used_up": "tokens",
    "at_capacity": "capacity",
    "missing_api_key": "auth",
    "invalid_api_key": "auth",
    "limiter_unavailable": "limiter",
    "keys_unavailable": "keys",
}

SECONDS = tuple(0.01 * 2**power for power in range(16))  # 10 ms to 328 s
FIRST_TOKEN_SECONDS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1, 1.5, 2, 3, 5, 10, 30)
OVERHEAD_SECONDS = tuple(0.00025 * 2**power for power in range(14))  # 0.25 ms to 2 s


class Metrics(Observer):
    """Counts, and has ``server`` show it."""

    def __init__(self, server: MetricsServer) -> None:
        self._server = server
        registry = server.registry
        disable_created_metrics()  # type: ignore[no-untyped-call]

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"ai_api_{name}", text, labels, registry=registry)

        def histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(f"ai_api_{name}_seconds", text, labels, buckets=buckets, registry=registry)

        def gauge(
            name: str, text: str, of_workers: Literal["livesum", "livemax", "max"], *labels: str
        ) -> Gauge:
            return Gauge(f"ai_api_{name}", text, labels, registry=registry, multiprocess_mode=of_workers)

        self._requests = counter("requests", "Requests answered", "method", "route", "status", "outcome")
        self._duration = histogram(
            "request_duration", "From a request to the end of its answer", SECONDS, "route", "status_class"
        )
        self._overhead = histogram(
            "overhead", "What we add until an answer begins; waiting is left out", OVERHEAD_SECONDS, "route"
        )
        self._first_token = histogram(
            "time_to_first_token",
            "From a request to the first token of its stream",
            FIRST_TOKEN_SECONDS,
            "route",
        )
        self._running = gauge("requests_in_flight", "Requests that are being answered", "livesum")
        self._refused = counter("refused_requests", "Requests that we refused", "reason")
        self._degraded = gauge("limiter_degraded", "1 while limits are not shared", "livemax")

        call = ("endpoint", "model")
        self._calls = counter("upstream_calls", "Calls to the provider", *call, "outcome")
        self._call_duration = histogram("upstream_call_duration", "Calls to the provider", SECONDS, *call)
        self._call_first_token = histogram(
            "upstream_time_to_first_token", "From a call to its first token", FIRST_TOKEN_SECONDS, *call
        )
        self._calls_running = gauge("upstream_calls_in_flight", "Calls to the provider that run", "livesum")
        self._retries = counter("upstream_retries", "Calls that repeat a failed one", *call)
        self._fallbacks = counter("upstream_fallbacks", "Calls to another target than the first", *call)
        self._tokens = counter("tokens", "Tokens used; of a cut-off stream estimated", "model", "kind")
        self._fetches = counter("key_fetches", "Reads of the secret manager", "keys", "outcome")

        for reason in dict.fromkeys(REFUSALS.values()):
            self._refused.labels(reason)
        self._running.set(0)
        self._calls_running.set(0)
        self._degraded.set(0)
        gauge("build_info", "Always 1", "max", "version", "python").labels(
            __version__, platform.python_version()
        ).set(1)

    def start(self) -> None:
        self._server.start()

    def request_began(self, scope: Scope) -> None:
        self._running.inc()

    def request_ended(self, scope: Scope, line: Mapping[str, Any]) -> None:
        self._running.dec()
        method = line["method"] if line["method"] in METHODS else OTHER
        route = route_template(scope) or OTHER
        status, outcome = line["status"], line.get("outcome", "answered")
        self._requests.labels(method, route, status or "none", outcome).inc()
        status_class = f"{status // 100}xx" if status else "none"
        self._duration.labels(route, status_class).observe(line["duration_ms"] / 1000)
        self._overhead.labels(route).observe(line["overhead_ms"] / 1000)
        if "ttft_ms" in line:
            self._first_token.labels(route).observe(line["ttft_ms"] / 1000)
        if reason := REFUSALS.get(outcome):
            self._refused.labels(reason).inc()

    def call_began(self, call: UpstreamCall) -> None:
        self._calls_running.inc()
        if call.is_retry:
            self._retries.labels(call.endpoint, call.model).inc()
        elif call.is_fallback:
            self._fallbacks.labels(call.endpoint, call.model).inc()

    def call_ended(self, call: UpstreamCall) -> None:
        self._calls_running.dec()
        self._calls.labels(call.endpoint, call.model, call.outcome or "internal_error").inc()
        self._call_duration.labels(call.endpoint, call.model).observe(call.seconds)
        if call.first_token_seconds:
            self._call_first_token.labels(call.endpoint, call.model).observe(call.first_token_seconds)
        if call.prompt_tokens is not None and call.completion_tokens is not None:
            self._tokens.labels(call.model, "prompt").inc(max(0, call.prompt_tokens))
            self._tokens.labels(call.model, "completion").inc(max(0, call.completion_tokens))

    def key_fetched(self, owner: KeyOwner, outcome: FetchOutcome) -> None:
        self._fetches.labels(owner, outcome).inc()

    def limits_degraded(self, degraded: bool) -> None:
        self._degraded.set(degraded)
