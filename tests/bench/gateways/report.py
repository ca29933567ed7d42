"""The figures as a table, and which of the goals they meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import NamedTuple

from tests.bench.gateways.gateway import OURS, Gateway
from tests.bench.gateways.measure import CONNECTIONS, STREAMS_AT_ONCE, Sample

Samples = Mapping[str, Sequence[Sample]]


class Metric(NamedTuple):
    """A field of Sample; less is better but for ``more_is_better``."""

    field: str
    label: str
    unit: str
    digits: int
    more_is_better: bool = False


METRICS = (
    Metric("cpu", "CPU time a request", "ms", 2),
    Metric("added_p50", f"added latency, {CONNECTIONS} at once, p50", "ms", 1),
    Metric("added_p99", f"added latency, {CONNECTIONS} at once, p99", "ms", 1),
    Metric("requests_per_second", f"requests a second, {CONNECTIONS} at once", "", 0, more_is_better=True),
    Metric("first_token_p50", f"added time to first token, {STREAMS_AT_ONCE} streams, p50", "ms", 1),
    Metric("first_token_p99", f"added time to first token, {STREAMS_AT_ONCE} streams, p99", "ms", 1),
    Metric("stream_cpu", "CPU time for 100 streamed deltas", "ms", 1),
    Metric("memory", "memory after the load", "MB", 0),
    Metric("cold_start", "start to first healthy answer", "ms", 0),
)


def middle(samples: Samples, gateway: str, metric: Metric) -> float:
    return median(_values(samples, gateway, metric))


def table(gateways: Sequence[Gateway], samples: Samples) -> str:
    """Medians of the rounds, with their range, as a Markdown table."""
    names = [gateway.name for gateway in gateways]
    rows = [["", *(f"{gateway.name} {gateway.version}" for gateway in gateways)]]
    for metric in METRICS:
        label = f"{metric.label}, {metric.unit}" if metric.unit else metric.label
        rows.append([label, *(_cell(samples, name, metric) for name in names)])
    rows.append(["installed, MB", *(f"{gateway.installed_bytes / 1e6:.0f}" for gateway in gateways)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [f"| {' | '.join(map(str.ljust, row, widths))} |" for row in rows]
    return "\n".join([lines[0], f"|{'|'.join('-' * (width + 2) for width in widths)}|", *lines[1:]])


def goals(samples: Samples) -> str:
    """The goals, one a line, each with what was found and whether that meets it."""
    by_field = {metric.field: metric for metric in METRICS}

    def of(gateway: str, field: str) -> float:
        return middle(samples, gateway, by_field[field])

    checks = [("start to first healthy answer, s", of(OURS, "cold_start") / 1000, 0.7)]
    for other in [name for name in samples if name != OURS]:
        against = [
            ("cpu", "CPU time a request", 0.1 if other.startswith("LiteLLM") else 0.6),
            ("added_p99", "added latency p99", 1.0),
            *([("memory", "memory", 1 / 3)] if other.startswith("LiteLLM") else []),
        ]
        checks += [
            (f"{label}, ratio to {other}", of(OURS, f) / of(other, f), goal) for f, label, goal in against
        ]
    return "\n".join(
        f"- {label}: {found:.2f} (goal: at most {goal:.2f}): {'met' if found <= goal else '**missed**'}"
        for label, found, goal in checks
    )


def losses(gateways: Sequence[Gateway], samples: Samples) -> list[str]:
    """In what another gateway was better than ours."""
    mine, *others = gateways
    found = []
    for metric in METRICS:
        own = middle(samples, mine.name, metric)
        for other in others:
            theirs = middle(samples, other.name, metric)
            if (theirs > own) if metric.more_is_better else (theirs < own):
                values = f"{theirs:.{metric.digits}f} against {own:.{metric.digits}f} {metric.unit}".rstrip()
                found.append(f"{metric.label}: {other.name} {values}")
    for other in others:
        if other.installed_bytes < mine.installed_bytes:
            values = f"{other.installed_bytes / 1e6:.0f} against {mine.installed_bytes / 1e6:.0f} MB"
            found.append(f"installed: {other.name} {values}")
    return found


def _cell(samples: Samples, gateway: str, metric: Metric) -> str:
    values = _values(samples, gateway, metric)
    low, mid, high = (f"{value:.{metric.digits}f}" for value in (min(values), median(values), max(values)))
    return f"{mid} ({low} to {high})"


def _values(samples: Samples, gateway: str, metric: Metric) -> list[float]:
    return [getattr(sample, metric.field) for sample in samples[gateway]]
