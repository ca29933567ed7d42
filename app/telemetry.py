"""Which observers the settings ask for. Their libraries are imported only then, before the first request."""

from __future__ import annotations

import structlog
from fastapi.telemetry import TelemetryConfig

from .observation import Observer, Observers
from .settings import Settings

# ruff: noqa: PLC0415

# FastAPI's own would record query strings and the messages of exceptions.
FASTAPI = TelemetryConfig(tracing=False, metrics=False, logs=False, auto_configure=False)

log = structlog.stdlib.get_logger()


def observer(settings: Settings) -> Observer:
    observers: list[Observer] = []
    if settings.metrics_port:
        from .metrics_server import MetricsServer

        server = MetricsServer(settings.metrics_host, settings.metrics_port)
        from .metrics import Metrics

        observers.append(Metrics(server))
    if _wants_traces(settings):
        from .traces import Traces

        observers.append(Traces())
    return observers[0] if len(observers) == 1 else Observers(observers) if observers else Observer()


def _wants_traces(settings: Settings) -> bool:
    """As OpenTelemetry's variables say; platforms set some of them without asking us."""
    if settings.otel_sdk_disabled or settings.otel_traces_exporter != "otlp":
        return False
    if not (settings.otel_exporter_otlp_traces_endpoint or settings.otel_exporter_otlp_endpoint):
        return False
    protocol = settings.otel_exporter_otlp_traces_protocol or settings.otel_exporter_otlp_protocol
    if protocol != "http/protobuf":
        log.warning(
            "traces are off", problem="OTEL_EXPORTER_OTLP_PROTOCOL: only http/protobuf is spoken here"
        )
        return False
    return True
