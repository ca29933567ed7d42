"""Spans as a collector receives them."""

from __future__ import annotations

import secrets
import signal
import time
from collections.abc import Iterator

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.support.ports import free_ports

from .conftest import StartApp
from .observing import Collector, attributes, collecting
from .serving import App, Provider
from .streams import events

CHAT = "/v1/chat/completions"


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@pytest.fixture(scope="module")
def traced(launch: StartApp, collector: Collector) -> App:
    return launch(**collector.settings(), OPENAI_MAX_RETRIES="1", OPENAI_FALLBACK_MODEL="gpt-4o")


@pytest.fixture
def trace_id() -> str:
    return secrets.token_hex(16)


def from_caller(trace_id: str, *, sampled: bool = True) -> dict[str, str]:
    return {"traceparent": f"00-{trace_id}-00f067aa0ba902b7-0{int(sampled)}"}


def test_a_trace_goes_through_from_the_caller_to_the_provider(
    traced: App, provider: Provider, collector: Collector, trace_id: str
) -> None:
    headers = {**from_caller(trace_id), "X-Request-ID": trace_id, "baggage": "not=yours"}
    assert traced.generate("one two", headers=headers).status_code == 200

    server, client = collector.trace(trace_id, 2)
    assert (server.name, server.kind) == ("POST /generate", Span.SPAN_KIND_SERVER)
    assert server.parent_span_id.hex() == "00f067aa0ba902b7"
    assert attributes(server) == {
        "http.request.method": "POST",
        "http.route": "/generate",
        "http.response.status_code": 200,
        "url.scheme": "http",
        "url.path": "/generate",
        "network.protocol.version": "1.1",
        "client.address": "127.0.0.1",
    }
    assert (client.name, client.kind) == ("chat gpt-4o-mini", Span.SPAN_KIND_CLIENT)
    assert client.parent_span_id == server.span_id
    assert attributes(client) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.request.stream": False,
        "gen_ai.usage.input_tokens": 2,
        "gen_ai.usage.output_tokens": 4,
        "ai_api.endpoint": "primary",
    }
    assert server.start_time_unix_nano <= client.start_time_unix_nano
    assert client.end_time_unix_nano <= server.end_time_unix_nano
    sent = provider.report()["recent"][-1]["headers"]
    assert sent["traceparent"] == f"00-{trace_id}-{client.span_id.hex()}-01"
    assert "baggage" not in sent
    assert traced.request_line(trace_id)["trace_id"] == trace_id
    assert collector.resources()[0]["service.name"] == "ai-api"


def test_a_stream_tells_its_first_token(
    traced: App, provider: Provider, collector: Collector, trace_id: str
) -> None:
    assert traced.generate(stream=True, headers=from_caller(trace_id)).status_code == 200

    _, client = collector.trace(trace_id, 2)
    told = attributes(client)
    assert told["gen_ai.request.stream"] is True
    assert 0 < told["gen_ai.response.time_to_first_chunk"] < 10
    assert told["gen_ai.usage.output_tokens"] == 5


def test_each_attempt_is_a_span_with_its_error(
    traced: App, provider: Provider, collector: Collector, trace_id: str
) -> None:
    provider.set_fault(path=CHAT, status=500)

    assert traced.generate(headers=from_caller(trace_id)).status_code == 502

    server, *attempts = collector.trace(trace_id, 5)
    assert [span.name for span in attempts] == ["chat gpt-4o-mini"] * 2 + ["chat gpt-4o"] * 2
    assert [attributes(span).get("http.request.resend_count") for span in attempts] == [None, 1, None, 3]
    for span in (server, *attempts):
        assert attributes(span)["error.type"] == "provider_error"
        assert span.status.code == Status.STATUS_CODE_ERROR


def test_a_callers_fault_is_no_error_of_ours(traced: App, collector: Collector, trace_id: str) -> None:
    assert traced.get("/nowhere", headers=from_caller(trace_id)).status_code == 404

    [span] = collector.trace(trace_id, 1)
    assert span.name == "GET"
    assert span.status.code == Status.STATUS_CODE_UNSET
    assert attributes(span)["error.type"] == "not_found"


def test_a_trace_that_the_caller_does_not_record_is_passed_on_unrecorded(
    traced: App, provider: Provider, collector: Collector, trace_id: str
) -> None:
    recorded = secrets.token_hex(16)
    traced.generate(headers=from_caller(trace_id, sampled=False))
    sent = provider.report()["recent"][-1]["headers"]["traceparent"]
    traced.get("/health", headers=from_caller(recorded))
    traced.generate(headers=from_caller(recorded))

    assert (sent[3:35], sent[-2:]) == (trace_id, "00")
    assert len(collector.trace(recorded, 2)) == 2
    assert collector.spans(trace_id) == []


def test_the_standard_variables_name_the_service(launch: StartApp, provider: Provider, trace_id: str) -> None:
    with collecting() as collector:
        named = launch(
            OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{collector.url}/v1/traces",
            OTEL_BSP_SCHEDULE_DELAY="50",
            OTEL_SERVICE_NAME="answers",
            OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=test",
        )
        named.generate(headers=from_caller(trace_id))
        collector.trace(trace_id, 2)

        resource = collector.resources()[0]
    assert resource["service.name"] == "answers"
    assert resource["deployment.environment.name"] == "test"


def test_the_last_spans_are_sent_before_the_exit(launch: StartApp, provider: Provider, trace_id: str) -> None:
    with collecting() as collector:
        app = launch(**{**collector.settings(), "OTEL_BSP_SCHEDULE_DELAY": "3600000"}, DRAIN_SECONDS="0")
        app.generate(headers=from_caller(trace_id))
        assert collector.spans(trace_id) == []

        app.process.send_signal(signal.SIGTERM)
        assert app.process.wait(20) == 0
        assert len(collector.spans(trace_id)) == 2


def test_a_collector_out_of_reach_costs_the_traces_only(launch: StartApp, provider: Provider) -> None:
    [port] = free_ports(1)
    app = launch(
        OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{port}",
        OTEL_BSP_SCHEDULE_DELAY="10",
        DRAIN_SECONDS="0",
    )

    assert [app.generate(stream=number % 2 == 0).status_code for number in range(20)] == [200] * 20
    app.process.send_signal(signal.SIGTERM)
    started = time.monotonic()
    assert app.process.wait(20) == 0
    assert time.monotonic() - started < 10  # and not the exporter's patience


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
    ],
    ids=["unset", "disabled", "of another protocol"],
)
def test_what_is_off_is_not_even_imported(
    launch: StartApp, provider: Provider, settings: dict[str, str]
) -> None:
    app = launch("tests.unit.app.imported:create_app", **settings)
    answer = app.generate(stream=True)
    assert list(events(answer))

    modules = set(app.get("/modules").json())
    assert "aiohttp" in modules
    telemetry = {"opentelemetry.sdk", "opentelemetry.exporter", "google.protobuf", "prometheus_client"}
    assert telemetry & modules == set()  # of OpenTelemetry FastAPI itself imports the interface
    assert bool(app.events("traces are off")) is ("OTEL_EXPORTER_OTLP_PROTOCOL" in settings)
