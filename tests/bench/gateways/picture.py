"""The figures as bars, drawn by hand: an SVG that reads on light and dark pages."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from tests.bench.gateways.report import METRICS, Metric, Samples, middle

SHOWN = ("cpu", "added_p99", "first_token_p99", "stream_cpu", "memory", "cold_start")
COLOURS = ("#2563eb", "#d97706", "#6b7280")
WIDTH, LABEL, BAR, LINE, GAP = 760, 130, 500, 18, 40
STYLE = "text{font:13px sans-serif;fill:#24292f}@media(prefers-color-scheme:dark){text{fill:#e6edf3}}"


def svg(names: Sequence[str], samples: Samples) -> str:
    """One block of bars for each metric, scaled to its largest; less is better in all of them."""
    shown = [metric for metric in METRICS if metric.field in SHOWN]
    block = GAP + LINE * len(names)
    parts = [
        part
        for position, metric in enumerate(shown)
        for part in _block(names, [middle(samples, name, metric) for name in names], metric, position * block)
    ]
    height = block * len(shown) + GAP // 2
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" role="img">'
    title = "<title>This service beside two other gateways; less is better</title>"
    return "\n".join([head, title, f"<style>{STYLE}</style>", *parts, "</svg>", ""])


def _block(names: Sequence[str], values: Sequence[float], metric: Metric, top: int) -> list[str]:
    parts = [
        f'<text x="0" y="{top + GAP - 12}" font-weight="bold">{escape(metric.label)}, {metric.unit}</text>'
    ]
    for row, (name, value) in enumerate(zip(names, values, strict=True)):
        y = top + GAP + row * LINE
        length = max(1.0, BAR * value / max(values))
        parts += [
            f'<text x="0" y="{y + 11}">{escape(name)}</text>',
            f'<rect x="{LABEL}" y="{y}" width="{length:.0f}" height="{LINE - 4}" fill="{COLOURS[row]}"/>',
            f'<text x="{LABEL + length + 6:.0f}" y="{y + 11}">{value:.{metric.digits}f}</text>',
        ]
    return parts
