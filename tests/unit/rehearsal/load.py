"""Steady, bounded load: so many requests a second, and every one that was not answered well."""

from __future__ import annotations

import http.client
import threading
import time
from types import TracebackType
from urllib.parse import urlsplit


class Load:
    """Requests while the ``with`` block runs, from workers that keep their connections open.

    ``failures`` holds what was wrong, ``bodies`` the answers in order, ``sent`` the number of requests.
    """

    def __init__(self, url: str, path: str = "/", rate: float = 50, workers: int = 10) -> None:
        self.failures: list[str] = []
        self.bodies: list[str] = []
        self._address = urlsplit(url).netloc
        self._path = path
        self._pause = workers / rate
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._work) for _ in range(workers)]

    @property
    def sent(self) -> int:
        return len(self.bodies) + len(self.failures)

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        connection = http.client.HTTPConnection(self._address, timeout=30)
        due = time.monotonic()
        while not self._over.is_set():
            try:
                connection.request("GET", self._path)
                answer = connection.getresponse()
                body = answer.read().decode()
            except OSError as error:
                self.failures.append(repr(error))
                connection.close()
            else:
                if answer.status == 200:
                    self.bodies.append(body)
                else:
                    self.failures.append(f"{answer.status} {body}")
            due += self._pause
            self._over.wait(max(0.0, due - time.monotonic()))
        connection.close()
