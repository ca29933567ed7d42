"""The numbers of several workers of one server: one port, correct totals."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.support.ports import free_ports
from tests.support.waiting import wait_for

from .observing import Scraper
from .serving import PATIENCE_SECONDS, App, Provider, running_workers

WORKERS = 2
STARTED = "Application startup complete."


@pytest.fixture
def measured(tmp_path: Path, provider: Provider, key: str) -> Iterator[tuple[App, Scraper]]:
    [port] = free_ports(1)
    (tmp_path / "tmp").mkdir()
    settings = {
        "OPENAI_API_KEY": key,
        "OPENAI_BASE_URL": provider.api,
        "RATE_LIMIT_PER_MINUTE": "100000",
        "METRICS_PORT": str(port),
        "METRICS_HOST": "127.0.0.1",
        "TMPDIR": str(tmp_path / "tmp"),
        "DRAIN_SECONDS": "0",
    }
    leftover = tmp_path / "tmp" / "ai-api-metrics-1-0"
    leftover.mkdir()
    with running_workers(WORKERS, settings, tmp_path / "log") as app:
        assert not leftover.exists()
        yield app, Scraper(port)


def workers(app: App) -> set[int]:
    """Processes that have metrics of their own."""
    children = Path(f"/proc/{app.process.pid}/task/{app.process.pid}/children").read_text()
    return {pid for pid in map(int, children.split()) if b"spawn_main" in command_line(pid)}


def command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def answers(metrics: Scraper) -> bool:
    try:
        return bool(metrics.text())
    except httpx.TransportError:
        return False


def test_totals_are_those_of_all_workers_and_outlive_them(
    measured: tuple[App, Scraper], provider: Provider
) -> None:
    app, metrics = measured
    wait_for(lambda: answers(metrics), "a worker serves the port", PATIENCE_SECONDS)
    with ThreadPoolExecutor(8) as threads:
        statuses = [answer.status_code for answer in threads.map(lambda _: app.generate(), range(100))]
    assert statuses == [200] * 100
    metrics.expect("requests_total", 100, route="/generate", status="200")
    assert metrics.value("request_duration_seconds_count", route="/generate") == 100
    assert metrics.value("tokens_total", kind="prompt") == 300
    metrics.expect("requests_in_flight", 0)
    assert metrics.value("build_info") == 1

    # One of them serves the port, so it passes from hand to hand, and a request in flight is lost.
    provider.set_fault(path="/v1/chat/completions", silent=True)
    with ThreadPoolExecutor(4) as threads:
        for _ in range(4):
            threads.submit(_ask_in_vain, app)
        metrics.expect("requests_in_flight", 4)
        for pid in workers(app):
            started = app.log().count(STARTED)
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda: app.log().count(STARTED) > started, "a new worker", PATIENCE_SECONDS)  # noqa: B023
    wait_for(lambda: answers(metrics), "another worker serves the port", PATIENCE_SECONDS)
    metrics.expect("requests_in_flight", 0)
    assert len(workers(app)) == WORKERS
    assert metrics.value("requests_total", route="/generate", status="200") == 100

    provider.reset()
    assert app.generate().status_code == 200
    metrics.expect("requests_total", 101, route="/generate", status="200")


def _ask_in_vain(app: App) -> None:
    with pytest.raises(httpx.TransportError):
        app.generate()
