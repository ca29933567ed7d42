"""SIGTERM without a lost request.

Platforms send SIGTERM at about the time they stop routing, so requests still arrive after it. On
SIGTERM the service turns unready and asks clients not to keep their connections, keeps answering
for a while, and only then lets uvicorn stop listening, finish what runs and exit.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from types import FrameType

import structlog

log = structlog.stdlib.get_logger()


class Drain:
    """Stands in front of the server's own signal handlers from ``install`` on."""

    def __init__(self, seconds: float) -> None:
        self.active = False
        self._seconds = seconds
        self._loop: asyncio.AbstractEventLoop
        self._stop_server: Callable[[int, FrameType | None], object]

    def install(self) -> None:
        """Call on the running loop; does nothing where the server handles no signals."""
        if threading.current_thread() is not threading.main_thread():
            return
        server_handler = signal.getsignal(signal.SIGTERM)
        if callable(server_handler):
            self._loop = asyncio.get_running_loop()
            self._stop_server = server_handler
            signal.signal(signal.SIGTERM, self._on_signal)
            signal.signal(signal.SIGINT, self._on_signal)

    def _on_signal(self, signum: int, frame: FrameType | None) -> None:
        if signum == signal.SIGTERM and not self.active:
            self.active = True
            self._loop.call_soon_threadsafe(self._begin)
        else:
            self._stop()

    def _begin(self) -> None:
        log.info("draining", seconds=self._seconds)
        self._loop.call_later(self._seconds, self._stop)

    def _stop(self) -> None:
        # uvicorn raises the signal it was given once more when it has finished. SIGTERM would then
        # kill a process that ended well; SIGINT it catches itself, and exits with 0.
        self._stop_server(signal.SIGINT, None)
