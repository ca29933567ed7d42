"""The container engine, asked over its socket: starting its command line costs more than all other checks."""

from __future__ import annotations

import http.client
import json
import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

from ..core.finding import Finding, failed

DEFAULT = "unix:///var/run/docker.sock"
TLS_PORT = 2376
TIMEOUT = 5.0  # seconds
INSTALL = "Install and start Docker (on Debian: apt-get install docker.io), or set DOCKER_HOST"
PERMIT = "Add this user to the group docker and log in again, or set DOCKER_HOST to an engine that is yours"


def inspect_engine(where: str) -> tuple[Finding | None, Path | None]:
    """What is wrong with the engine at ``where`` (a DOCKER_HOST), and its storage if on this machine.

    An engine behind ssh or TLS is left to its own client.
    """
    parts = urlsplit(where)
    if parts.scheme not in {"unix", "tcp"} or parts.port == TLS_PORT:
        return None, None
    try:
        storage = Path(_storage(where))
    except PermissionError:
        return _unusable(where, "one that this user may not use", PERMIT), None
    except (OSError, http.client.HTTPException) as error:
        return _unusable(where, getattr(error, "strerror", None) or type(error).__name__, INSTALL), None
    except (ValueError, KeyError, TypeError):
        return _unusable(where, "something else that answers there", INSTALL), None
    return None, storage if parts.scheme == "unix" and os.access(storage, os.F_OK) else None


def _storage(where: str) -> str:
    """The folder of images and containers, by the engine's own account."""
    parts = urlsplit(where)
    if parts.scheme == "unix":
        connection: http.client.HTTPConnection = _UnixConnection(parts.path)
    else:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)
    try:
        connection.request("GET", "/info")
        return str(json.load(connection.getresponse())["DockerRootDir"])
    finally:
        connection.close()


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=TIMEOUT)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(TIMEOUT)
        self.sock.connect(self._path)


def _unusable(where: str, found: str, next_step: str) -> Finding:
    return failed(
        "container engine", expected=f"a container engine at {where}", found=found, next_step=next_step
    )
