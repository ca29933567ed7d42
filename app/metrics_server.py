"""GET /metrics on a port of its own, off the event loop.

Where uvicorn runs several workers, each keeps its numbers in files of a directory that they share, so
totals are right whichever worker answers, and stay right when one ends. The worker that holds a lock
serves the port; when it ends, another one takes over.
"""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from prometheus_client import Metric

PREFIX = "ai-api-metrics-"
LIVE_GAUGES = re.compile(r"gauge_live[a-z]+_(\d+)\.db")

log = structlog.stdlib.get_logger()


class MetricsServer:
    """Serves what is in ``registry``, or in those of all workers. Make it before any metric is made."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._shared = _shared_directory()
        if self._shared:  # the library looks at this once, when it is imported
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(self._shared)
        from prometheus_client import CollectorRegistry  # noqa: PLC0415

        self.registry = CollectorRegistry()

    def start(self) -> None:
        threading.Thread(target=self._serve, name="metrics", daemon=True).start()

    def _serve(self) -> None:
        from prometheus_client import CollectorRegistry, start_http_server  # noqa: PLC0415

        registry = self.registry
        if self._shared:
            self._lock = (self._shared / "serving").open("w")
            fcntl.flock(self._lock, fcntl.LOCK_EX)  # until the worker that serves has ended
            registry = CollectorRegistry()
            registry.register(_AllWorkers(self._shared))
        host, port = self._address
        try:
            start_http_server(port, host, registry)
        except OSError as error:
            log.error("metrics not served", host=host, port=port, problem=error.strerror)


class _AllWorkers:
    def __init__(self, directory: Path) -> None:
        from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

        self._directory = directory
        self._collector = MultiProcessCollector(None, str(directory))  # type: ignore[no-untyped-call]

    def collect(self) -> Iterable[Metric]:
        """The sums; what was running in a worker that has ended is not running any more."""
        for file in self._directory.iterdir():
            if (found := LIVE_GAUGES.fullmatch(file.name)) and not _start_of(int(found[1])):
                file.unlink(missing_ok=True)
        metrics: Iterable[Metric] = self._collector.collect()  # type: ignore[no-untyped-call]
        return metrics


def _shared_directory() -> Path | None:
    """The directory of this worker and its siblings; None where this process is the only one.

    It is named after their supervisor, and those of supervisors that have ended are removed.
    """
    supervisor = multiprocessing.parent_process()
    if supervisor is None or supervisor.pid is None:
        return None
    temporary = Path(tempfile.gettempdir())
    name = f"{PREFIX}{supervisor.pid}-{_start_of(supervisor.pid)}"
    for other in temporary.glob(f"{PREFIX}*"):
        pid, _, started = other.name.removeprefix(PREFIX).partition("-")
        if pid.isdecimal() and _start_of(int(pid)) != started:
            shutil.rmtree(other, ignore_errors=True)
    directory = temporary / name
    directory.mkdir(mode=0o700, exist_ok=True)
    if directory.stat().st_uid != os.getuid():
        raise PermissionError(f"{directory} belongs to somebody else")
    return directory


def _start_of(pid: int) -> str:
    """When the process started, as the kernel counts, or an empty text where there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]
