"""Nothing confidential in the service's logs, shown on lines that provably are this service's."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ..core.logs import LogLine
from .checks import UnmetError
from .service import Service

ARRIVAL = 60.0  # seconds that a written line may take until it can be read
POLL = 2.0
SHORTEST = 8  # characters; anything shorter is found by chance

KEY_SHAPES = {
    "a key that starts with sk-": re.compile(r"\bsk-[A-Za-z0-9_-]{16,}"),
    "a bearer token": re.compile(r"\bBearer\s+[A-Za-z0-9._~+/-]{16,}", re.IGNORECASE),
    "an AWS access key": re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
}


@dataclass(frozen=True, slots=True)
class LogCheck:
    """``read`` returns the service's recent lines, ``secrets`` are values that must not be among them."""

    read: Callable[[], Sequence[LogLine]]
    secrets: Sequence[str]
    arrival: float = ARRIVAL

    async def __call__(self, service: Service) -> str:
        """No key, prompt or answer in the lines, among which is the line of the request made before."""
        lines = await self._lines_with_own_request(service)
        for what, occurs in self._forbidden(service):
            hits = [line for line in lines if occurs(line.message)]
            if hits:
                raise UnmetError(
                    expected=f"no line with {what}",
                    found=f"{len(hits)} of {len(lines)} lines with it, the first at "
                    f"{hits[0].time.isoformat(timespec='seconds')} from {hits[0].source}",
                    next_step="Replace what leaked, remove these lines and deploy a version that logs less.",
                )
        return f"no key, prompt or answer in {len(lines)} lines"

    async def _lines_with_own_request(self, service: Service) -> Sequence[LogLine]:
        """Without this, an empty or a foreign log would pass."""
        own = service.generated
        gives_up = time.monotonic() + self.arrival
        while True:
            lines = await asyncio.to_thread(self.read)
            if own is None or any(own.request_id in line.message for line in lines):
                return lines
            if time.monotonic() >= gives_up:
                raise UnmetError(
                    expected="the log line of the request that was just answered",
                    found=f"{len(lines)} lines without it after {self.arrival:.0f} s",
                    next_step="Check that this is the service's log and that it names each request.",
                )
            service.progress("waiting for the log line of the answered request")
            await asyncio.sleep(POLL)

    def _forbidden(self, service: Service) -> Iterable[tuple[str, Callable[[str], object]]]:
        for secret in self.secrets:
            if len(secret) >= SHORTEST:
                yield "the value of the key", _contains(secret)
        for what, shape in KEY_SHAPES.items():
            yield what, shape.search
        yield "the prompt", _contains(service.marker)
        if service.generated and len(service.generated.answer) >= SHORTEST:
            yield "the answer", _contains(service.generated.answer)


def _contains(text: str) -> Callable[[str], bool]:
    return lambda message: text in message
