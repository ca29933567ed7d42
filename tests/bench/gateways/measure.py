"""Rounds of measurements: one gateway at a time on one core, the load and the provider on another.

Before each measurement of a gateway the same load goes to the provider itself; what the gateway adds is
the difference. Between two gateways nothing else runs, and every round starts with another one.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import NamedTuple

import httpx

from tests.bench.gateways import load
from tests.bench.gateways.gateway import MODEL, Gateway, Provider, environment
from tests.bench.gateways.load import Job
from tests.bench.gateways.process import cpu_seconds, resident_bytes, running
from tests.support.ports import free_ports

PROVIDER_SECONDS = 0.05  # until the provider answers, or sends the first of a stream
DELTA_SECONDS = 0.01  # between the events of a stream
WORDS, DELTAS = 50, 100  # in a plain prompt, and in an answer that is streamed
CONNECTIONS, REQUESTS, WARM_UP = 16, 480, 320
STREAMS_AT_ONCE, STREAMS = 8, 40
FIRST_WORD = '"You'  # of each answer of the stand-in


Show = Callable[[str], None]


class Cores(NamedTuple):
    gateway: int
    load: int


@dataclass(frozen=True)
class Sample:
    """One gateway in one round. Times in ms, CPU time per request and per hundred deltas, memory in MB."""

    cold_start: float
    cpu: float
    added_p50: float
    added_p99: float
    requests_per_second: float
    memory: float
    first_token_p50: float
    first_token_p99: float
    stream_cpu: float


def cores() -> Cores:
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        raise RuntimeError(
            "the gateways are measured on one core with the load on another; there is one here"
        )
    return Cores(allowed[0], allowed[-1])


@dataclass(frozen=True)
class Bench:
    """Where everything is; the gateways take turns on ``port``, and their logs go into ``folder``."""

    provider: Provider
    port: int
    cores: Cores
    folder: Path


@contextmanager
def bench(folder: Path) -> Iterator[Bench]:
    """With the stand-in for the provider running. Raises RuntimeError on a machine with a single core."""
    on = cores()
    provider_port, port = free_ports(2)
    provider = Provider(provider_port, secrets.token_urlsafe())
    with running(
        [sys.executable, "-m", "rehearsal.provider", f"--port={provider.port}"],
        port=provider.port,
        health="/_admin/health",
        core=on.load,
        environment={"PATH": os.environ["PATH"], "PROVIDER_KEYS": provider.key, "PROVIDER_MODELS": MODEL},
        log=folder / "provider.log",
    ):
        yield Bench(provider, port, on, folder)


def rounds(bench: Bench, gateways: Sequence[Gateway], count: int, show: Show) -> dict[str, list[Sample]]:
    """``count`` rounds of all ``gateways``; the samples by the gateway's name."""
    samples: dict[str, list[Sample]] = {gateway.name: [] for gateway in gateways}
    for number in range(count):
        turn = number % len(gateways)
        for gateway in (*gateways[turn:], *gateways[:turn]):
            show(f"round {number + 1} of {count}: {gateway.name}")
            samples[gateway.name].append(sample(bench, gateway))
    return samples


def sample(bench: Bench, gateway: Gateway) -> Sample:
    """Start ``gateway``, measure it, stop it."""
    provider, port, on = bench.provider, bench.port, bench.cores
    with running(
        gateway.command(port),
        port=port,
        health=gateway.health,
        core=on.gateway,
        environment=environment(gateway),
        log=bench.folder / f"{gateway.name.split()[0]}.log",
    ) as started:
        _pace(provider, 0)
        load.run(_plain(port, gateway.headers, WARM_UP), on.load)
        direct = load.run(_plain(provider.port, provider.headers, REQUESTS), on.load)
        cpu = cpu_seconds(started.pid)
        through = load.run(_plain(port, gateway.headers, REQUESTS), on.load)
        cpu = cpu_seconds(started.pid) - cpu
        memory = resident_bytes(started.pid)

        _pace(provider, DELTA_SECONDS)
        load.run(_streamed(port, gateway.headers, STREAMS_AT_ONCE), on.load)
        direct_stream = load.run(_streamed(provider.port, provider.headers, STREAMS), on.load)
        stream_cpu = cpu_seconds(started.pid)
        stream = load.run(_streamed(port, gateway.headers, STREAMS), on.load)
        stream_cpu = cpu_seconds(started.pid) - stream_cpu
    return Sample(
        cold_start=started.cold_start * 1000,
        cpu=cpu / REQUESTS * 1000,
        added_p50=_added(through.whole, direct.whole, 50),
        added_p99=_added(through.whole, direct.whole, 99),
        requests_per_second=len(through.whole) / through.elapsed,
        memory=memory / 1e6,
        first_token_p50=_added(stream.first, direct_stream.first, 50),
        first_token_p99=_added(stream.first, direct_stream.first, 99),
        stream_cpu=stream_cpu / (STREAMS * DELTAS) * 100 * 1000,
    )


def _pace(provider: Provider, delta_seconds: float) -> None:
    fault = {"latency_seconds": PROVIDER_SECONDS, "delta_seconds": delta_seconds}
    httpx.put(f"http://127.0.0.1:{provider.port}/_admin/faults", json=fault).raise_for_status()


def _plain(port: int, headers: Mapping[str, str], requests: int) -> Job:
    return Job(port, headers, _body(WORDS), CONNECTIONS, requests, FIRST_WORD)


def _streamed(port: int, headers: Mapping[str, str], streams: int) -> Job:
    body = _body(DELTAS - 2) | {"stream": True}  # the stand-in puts two words before what it repeats
    return Job(port, headers, body, STREAMS_AT_ONCE, streams, FIRST_WORD)


def _body(words: int) -> dict[str, object]:
    messages = [
        {"role": "system", "content": "Answer briefly."},
        {"role": "user", "content": " ".join(["benchmark"] * words)},
    ]
    return {"model": MODEL, "messages": messages, "max_tokens": 1000, "temperature": 0.7}


def _added(through: list[float], direct: list[float], percent: int) -> float:
    """What the gateway adds at this percentile, in ms."""
    return (percentile(through, percent) - percentile(direct, percent)) * 1000


def percentile(values: list[float], percent: int) -> float:
    return quantiles(values, n=100, method="inclusive")[percent - 1]
