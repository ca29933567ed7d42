"""docs/performance.md and its picture, from measured samples."""

from __future__ import annotations

import platform
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from string import Template

from tests.bench.gateways import installation, measure, picture, report
from tests.bench.gateways.gateway import Gateway
from tests.support.rehearsal import ROOT

TEMPLATE = Path(__file__).with_name("performance.md")
DOCUMENT = ROOT / "docs/performance.md"


def write(gateways: Sequence[Gateway], samples: report.Samples, rounds: int, limiter: str) -> None:
    names = [gateway.name for gateway in gateways]
    DOCUMENT.with_suffix(".svg").write_text(picture.svg(names, samples))
    lost = [f"- {line}" for line in report.losses(gateways, samples)]
    DOCUMENT.write_text(
        Template(TEMPLATE.read_text()).substitute(
            table=report.table(gateways, samples),
            goals=report.goals(samples),
            losses="\n".join(lost) or "- in none of these figures",
            limiter=limiter,
            start=start_profile(),
            machine=_machine(),
            commit=_output("git", "rev-parse", "--short", "HEAD"),
            date=f"{datetime.now(UTC):%Y-%m-%d}",
            rounds=rounds,
            requests=measure.REQUESTS,
            connections=measure.CONNECTIONS,
            provider_ms=f"{measure.PROVIDER_SECONDS * 1000:.0f}",
            delta_ms=f"{measure.DELTA_SECONDS * 1000:.0f}",
            streams=measure.STREAMS,
            streams_at_once=measure.STREAMS_AT_ONCE,
            deltas=measure.DELTAS,
        )
    )


def limiter() -> str:
    """The figures of the rate limiter alone."""
    return _output(sys.executable, "-m", "tests.bench.limiter")


def start_profile() -> str:
    """Where the time of our start goes: the imports, by package, without what each imports in turn."""
    python = str(installation.ours() / "bin/python")
    command = [python, "-X", "importtime", "-c", "import uvicorn.main, app.main"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stderr
    spent = Counter[str]()
    for own, module in re.findall(r"^import time: +(\d+) \| +\d+ \| +(\w+)", told, re.M):
        spent[module] += int(own)
    largest = [f"{package} {us / 1000:.0f}" for package, us in spent.most_common(7)]
    return f"{', '.join(largest)}; all {spent.total() / 1000:.0f}"


def _machine() -> str:
    """Processor, cores, memory, system, interpreters."""
    cpus = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    model = cpus[0].partition(": ")[2] if cpus else platform.machine()
    total = int(Path("/proc/meminfo").read_text().split()[1]) / 1e6
    node = _output("node", "--version")
    kernel = platform.release().partition("-")[0]
    return (
        f"{len(cpus)} cores of {model}, {total:.0f} GB, Linux {kernel}, "
        f"Python {platform.python_version()}, Node {node.lstrip('v')}"
    )


def _output(*command: str) -> str:
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except FileNotFoundError:
        return "not installed"
