"""Whether the rehearsal's stand-ins run."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..core.finding import Finding, failed

START = "Start them: make rehearse, or python -m rehearsal up"
TIMEOUT = 1.0  # seconds; they are on this machine


def not_running(endpoints_file: Path) -> Iterator[Finding]:
    """The stand-ins that are not where ``endpoints_file`` says."""
    try:
        endpoints = json.loads(endpoints_file.read_text())
    except (OSError, ValueError) as error:
        found = error.strerror if isinstance(error, OSError) else "no JSON in it"
        yield _not_running(f"the endpoints of running stand-ins in {endpoints_file}", str(found))
        return
    addresses = {(parts.hostname, parts.port) for parts in map(urlsplit, _urls(endpoints)) if parts.port}
    for host, port in sorted(addresses, key=str):
        try:
            socket.create_connection((host, port), TIMEOUT).close()
        except OSError as error:
            yield _not_running(f"a stand-in at {host}:{port}", error.strerror or str(error))


def _urls(content: Any) -> Iterator[str]:
    if isinstance(content, dict):
        for value in content.values():
            yield from _urls(value)
    elif isinstance(content, str) and content.startswith(("http://", "https://")):
        yield content


def _not_running(expected: str, found: str) -> Finding:
    return failed("stand-ins", expected=expected, found=found, next_step=START)
