"""The flow of the comparison: install, measure in rounds, report."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.bench.gateways import document, report
from tests.bench.gateways.gateway import available
from tests.bench.gateways.measure import Show, bench, rounds


def run(count: int, *, write: bool, show: Show) -> str:
    """Measure ``count`` rounds and return the report; with ``write`` it also goes into docs/."""
    limiter = document.limiter() if write else ""  # first: if it fails, the rounds are not lost
    with tempfile.TemporaryDirectory() as name, bench(Path(name)) as prepared:
        gateways = available(prepared.provider, prepared.folder, show)
        samples = rounds(prepared, gateways, count, show)
    if write:
        document.write(gateways, samples, count, limiter)
    return f"{report.table(gateways, samples)}\n\n{report.goals(samples)}"
