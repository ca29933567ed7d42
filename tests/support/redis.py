"""A real redis-server on the loopback, in a process of its own, plain or with TLS and a password."""

from __future__ import annotations

import secrets
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme
from ansible_collections.ai_api.cloud.plugins.module_utils.image.process import require

from tests.support.ports import free_ports
from tests.support.waiting import wait_for


@dataclass(frozen=True)
class Redis:
    url: str
    authority: Path | None
    process: subprocess.Popen[bytes]

    def hang(self) -> None:
        """Keep accepting connections, through the kernel, and never answer."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)


@contextmanager
def running_redis(directory: Path, *, tls: bool = False, host: str = "127.0.0.1") -> Iterator[Redis]:
    """An empty server; with ``tls``, it wants TLS and a password, and ``authority`` is its CA's file.

    Beyond loopback, at the ``host`` that containers reach, it wants a password too.
    """
    [port] = free_ports(1)
    options = ["--bind", host, "--save", "", "--dir", str(directory)]
    authority, password = None, secrets.token_urlsafe(16)
    if tls:
        authority, certificate, key = (directory / name for name in ("ca.pem", "cert.pem", "key.pem"))
        ca = trustme.CA()
        issued = ca.issue_cert("localhost")
        ca.cert_pem.write_to_path(str(authority))
        issued.cert_chain_pems[0].write_to_path(str(certificate))
        issued.private_key_pem.write_to_path(str(key))
        options += ["--port", "0", "--tls-port", str(port), "--tls-auth-clients", "no"]
        options += ["--tls-cert-file", str(certificate), "--tls-key-file", str(key)]
        options += ["--tls-ca-cert-file", str(authority), "--requirepass", password]
        url = f"rediss://:{password}@localhost:{port}/0"
    elif host != "127.0.0.1":
        options += ["--port", str(port), "--requirepass", password]
        url = f"redis://:{password}@{host}:{port}/0"
    else:
        options += ["--port", str(port)]
        url = f"redis://127.0.0.1:{port}"
    require("redis-server", ["redis-server"], "this test", print)
    process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: _listens(host, port), "redis-server listens", 20)
        yield Redis(url, authority, process)
    finally:
        process.kill()
        process.wait()


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True
