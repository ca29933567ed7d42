"""OpenTelemetry spans, exported by OTLP over HTTP as the OTEL_* variables say; nothing of the content.

Names are those of the semantic conventions for HTTP and generative AI.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from typing import Any

from opentelemetry import context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import Headers
from starlette.types import Scope

from . import __version__
from .observation import Observer, UpstreamCall
from .request_context import HEALTH_PATHS, MAX_LOGGED_PATH
from .route_template import route_template

ERROR_TYPE = "error.type"
FAREWELL_SECONDS = 2.0  # for the last spans; a collector that does not answer must not hold up the exit


class Traces(Observer):
    """A server span for each request but health checks, and a client span for each call to the provider."""

    def __init__(self) -> None:
        ours = Resource.create({"service.name": "ai-api", "service.version": __version__})
        resource = ours.merge(OTELResourceDetector().detect())
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("ai-api", __version__)
        self._propagator = TraceContextTextMapPropagator()
        self._calls: dict[int, Span] = {}

    async def close(self) -> None:
        """Send what is left."""
        sending = threading.Thread(target=self._provider.shutdown, daemon=True)
        sending.start()
        await asyncio.to_thread(sending.join, FAREWELL_SECONDS)

    def request_began(self, scope: Scope) -> None:
        if scope["path"] in HEALTH_PATHS:
            return
        headers = Headers(scope=scope)
        parent = self._propagator.extract(
            {name: headers[name] for name in self._propagator.fields if name in headers}
        )
        span = self._tracer.start_span(
            scope["method"], parent, SpanKind.SERVER, attributes=_request_attributes(scope)
        )
        state = scope["state"]
        state["span"] = span, context.attach(set_span_in_context(span))
        state["log_fields"]["trace_id"] = f"{span.get_span_context().trace_id:032x}"

    def request_ended(self, scope: Scope, line: Mapping[str, Any]) -> None:
        if "span" not in scope["state"]:
            return
        span, token = scope["state"].pop("span")
        context.detach(token)
        if route := route_template(scope):
            span.update_name(f"{scope['method']} {route}")
            span.set_attribute("http.route", route)
        status, outcome = line["status"], line.get("outcome", "answered")
        if status:
            span.set_attribute("http.response.status_code", status)
        if outcome != "answered":
            span.set_attribute(ERROR_TYPE, outcome)
        if not status or status >= 500:
            span.set_status(StatusCode.ERROR)
        span.end()

    def call_began(self, call: UpstreamCall) -> None:
        attributes: dict[str, str | bool | int] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": call.model,
            "gen_ai.request.stream": call.stream,
            "ai_api.endpoint": call.endpoint,
        }
        if call.is_retry:
            attributes["http.request.resend_count"] = call.number - 1
        span = self._tracer.start_span(f"chat {call.model}", kind=SpanKind.CLIENT, attributes=attributes)
        self._calls[id(call)] = span
        self._propagator.inject(call.headers, set_span_in_context(span))

    def call_ended(self, call: UpstreamCall) -> None:
        span = self._calls.pop(id(call))
        if call.first_token_seconds:
            span.set_attribute("gen_ai.response.time_to_first_chunk", call.first_token_seconds)
        if (
            call.prompt_tokens is not None
            and call.completion_tokens is not None
            and not call.tokens_estimated
        ):
            span.set_attribute("gen_ai.usage.input_tokens", call.prompt_tokens)
            span.set_attribute("gen_ai.usage.output_tokens", call.completion_tokens)
        if call.outcome != "answered":
            span.set_attribute(ERROR_TYPE, call.outcome or "internal_error")
            if call.outcome != "cancelled":
                span.set_status(StatusCode.ERROR)
        span.end()


def _request_attributes(scope: Scope) -> dict[str, str]:
    return {
        "http.request.method": scope["method"],
        "url.scheme": scope["scheme"],
        "url.path": scope["path"][:MAX_LOGGED_PATH],
        "network.protocol.version": scope["http_version"],
        "client.address": scope["state"]["client"],
    }
