"""What Prometheus and an OpenTelemetry collector would see."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from tests.support.waiting import wait_for

from .serving import PATIENCE_SECONDS


class Scraper:
    """Reads /metrics of a port."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/metrics"

    def text(self) -> str:
        return httpx.get(self.url, timeout=PATIENCE_SECONDS).raise_for_status().text

    def samples(self) -> list[Sample]:
        families = text_string_to_metric_families(self.text())
        return [sample for family in families for sample in family.samples]

    def value(self, name: str, **labels: str) -> float:
        """The sum of the samples of that name that have these labels; ``ai_api_`` is left out."""
        return sum(
            sample.value
            for sample in self.samples()
            if sample.name == f"ai_api_{name}" and labels.items() <= sample.labels.items()
        )

    def expect(self, name: str, value: float, **labels: str) -> None:
        """Wait for a value: requests are counted after their answer."""
        what = f"{name}{labels} is {value:g}"
        wait_for(lambda: self.value(name, **labels) == value, what, PATIENCE_SECONDS)


class Collector:
    """Takes spans by OTLP over HTTP; ``bodies`` are the requests as they came."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.bodies: list[bytes] = []

    def settings(self) -> dict[str, str]:
        """What makes the application send its spans here, soon."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.url, "OTEL_BSP_SCHEDULE_DELAY": "50"}

    def resources(self) -> list[dict[str, Any]]:
        return [_attributes(spans.resource.attributes) for spans in self._resource_spans()]

    def spans(self, trace_id: str) -> list[Span]:
        """The spans of one trace so far, the first to begin first."""
        found = [
            span
            for resource in self._resource_spans()
            for scope in resource.scope_spans
            for span in scope.spans
            if span.trace_id.hex() == trace_id
        ]
        return sorted(found, key=lambda span: span.start_time_unix_nano)

    def trace(self, trace_id: str, count: int) -> list[Span]:
        """The same, once there are so many."""

        def complete() -> list[Span] | None:
            spans = self.spans(trace_id)
            return spans if len(spans) == count else None

        return wait_for(complete, f"{count} spans of {trace_id}", PATIENCE_SECONDS)

    def _resource_spans(self) -> list[Any]:
        return [
            spans
            for body in list(self.bodies)
            for spans in ExportTraceServiceRequest.FromString(body).resource_spans
        ]


def attributes(span: Span) -> dict[str, Any]:
    return _attributes(span.attributes)


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}


@contextmanager
def collecting() -> Iterator[Collector]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            assert self.headers["Content-Type"] == "application/x-protobuf"
            collector.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector = Collector(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()
