"""Steady load from a second thread, for what must not lose a request."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from tests.support.playbook import Target


@dataclass
class Load:
    """Answers counted by status; an exception counts under its class name."""

    answers: Counter[str] = field(default_factory=Counter)
    details: list[str] = field(default_factory=list)

    @property
    def failed(self) -> dict[str, int]:
        return {answer: count for answer, count in self.answers.items() if answer != "200"}


@contextmanager
def steady_load(target: Target, *, per_second: float = 20.0, seconds: float = 180.0) -> Iterator[Load]:
    """POST prompts at a steady rate until the block ends, ``seconds`` at most."""
    load, stop, url = Load(), threading.Event(), target.url

    def send() -> None:
        end = time.monotonic() + seconds
        with httpx.Client(timeout=30.0, verify=target.cloud.trust) as client:
            while not stop.wait(1 / per_second) and time.monotonic() < end:
                try:
                    answer = client.post(f"{url}/generate", json={"prompt": "Say something."})
                    load.answers[str(answer.status_code)] += 1
                    if answer.status_code != 200:
                        load.details.append(answer.text[:200])
                except httpx.HTTPError as error:
                    load.answers[type(error).__name__] += 1

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    try:
        yield load
    finally:
        stop.set()
        sender.join(35.0)
