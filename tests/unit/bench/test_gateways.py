"""The benchmark's own parts: what it reads of processes and answers, and how it judges the figures."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.bench.gateways import load, picture, report
from tests.bench.gateways.gateway import MODEL, OURS, Gateway, Provider
from tests.bench.gateways.measure import FIRST_WORD, Sample, percentile
from tests.bench.gateways.process import cpu_seconds, resident_bytes, running, tree
from tests.support.ports import free_ports

SAMPLE = Sample(500, 1.0, 2.0, 4.0, 300, 90, 2.0, 5.0, 9.0)
SAMPLES = {
    OURS: [SAMPLE, replace(SAMPLE, cpu=3.0), replace(SAMPLE, cpu=1.1)],
    "LiteLLM proxy": [replace(SAMPLE, cpu=12.0, memory=400, added_p99=30.0, cold_start=9000)],
    "Portkey gateway": [replace(SAMPLE, cpu=1.5, cold_start=400)],
}
GATEWAYS = [Gateway(name, "1", lambda _: [], {}, {}, "/", 25_000_000) for name in SAMPLES]


def test_the_table_has_medians_with_their_range() -> None:
    lines = report.table(GATEWAYS, SAMPLES).splitlines()
    assert len({line.count("|") for line in lines}) == 1
    (cpu,) = (line for line in lines if "CPU time a request" in line)
    assert [cell.strip() for cell in cpu.split("|")[2:4]] == ["1.10 (1.00 to 3.00)", "12.00 (12.00 to 12.00)"]


def test_a_goal_that_is_missed_is_called_missed() -> None:
    judged = report.goals(SAMPLES).splitlines()
    assert [line for line in judged if line.endswith("**missed**")] == [
        "- CPU time a request, ratio to Portkey gateway: 0.73 (goal: at most 0.60): **missed**"
    ]
    assert sum(line.endswith(": met") for line in judged) == len(judged) - 1


def test_what_another_does_better_is_told() -> None:
    lighter = [*GATEWAYS[:2], replace(GATEWAYS[2], installed_bytes=12_000_000)]
    assert report.losses(lighter, SAMPLES) == [
        "start to first healthy answer: Portkey gateway 400 against 500 ms",
        "installed: Portkey gateway 12 against 25 MB",
    ]


def test_the_picture_has_a_bar_for_each() -> None:
    root = ElementTree.fromstring(picture.svg(list(SAMPLES), SAMPLES))  # noqa: S314  our own
    bars = root.findall("{http://www.w3.org/2000/svg}rect")
    assert len(bars) == len(picture.SHOWN) * len(SAMPLES)


def test_percentiles() -> None:
    values = [float(value) for value in range(101)]
    assert (percentile(values, 50), percentile(values, 99)) == (50, 99)


def test_processes_below_one_count_with_it() -> None:
    program = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'sum(range(10**8)); input()'])"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE) as parent:
        try:
            while len(tree(parent.pid)) < 2 or cpu_seconds(parent.pid) < 0.2:
                assert parent.poll() is None
            assert resident_bytes(parent.pid) > resident_bytes(tree(parent.pid)[1])
        finally:
            parent.communicate(b"\n")


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    found = Provider(free_ports(1)[0], "key-of-this-test")
    with running(
        [sys.executable, "-m", "rehearsal.provider", f"--port={found.port}"],
        port=found.port,
        health="/_admin/health",
        core=min(os.sched_getaffinity(0)),
        environment={"PATH": os.environ["PATH"], "PROVIDER_KEYS": found.key},
        log=tmp_path_factory.mktemp("provider") / "log",
    ) as started:
        assert started.cold_start > 0
        yield found


@pytest.mark.parametrize("stream", [False, True])
def test_the_load_times_every_answer(provider: Provider, stream: bool) -> None:
    body = {"model": MODEL, "messages": [{"role": "user", "content": "a b c"}], "stream": stream}
    job = load.Job(provider.port, provider.headers, body, connections=2, requests=6, needle=FIRST_WORD)
    outcome = load.run(job, min(os.sched_getaffinity(0)))
    assert len(outcome.first) == len(outcome.whole) == 6
    assert all(
        0 < first <= whole < outcome.elapsed
        for first, whole in zip(outcome.first, outcome.whole, strict=True)
    )


def test_the_load_fails_where_an_answer_is_refused(provider: Provider) -> None:
    job = load.Job(provider.port, {"Authorization": "Bearer wrong"}, {"model": MODEL}, 1, 1)
    with pytest.raises(RuntimeError, match="401"):
        load.run(job, min(os.sched_getaffinity(0)))


def test_what_does_not_start_is_told_with_its_log(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no such setting')"]
    core = min(os.sched_getaffinity(0))
    refused = running(
        command, port=free_ports(1)[0], health="/", core=core, environment={}, log=tmp_path / "log"
    )
    with pytest.raises(RuntimeError, match="no such setting"), refused:
        pass
