"""How the model provider's stand-in is started and reached."""

from __future__ import annotations

import sys
from typing import Any

from ..component import Component, environ
from ..credentials import Credentials
from ..settings import Settings

PORT = "REHEARSAL_PROVIDER_PORT"


def listeners(settings: Settings) -> dict[int, str]:
    return {settings.ports[PORT]: PORT}


def component(settings: Settings, credentials: Credentials, gateway: str) -> Component:
    port = settings.ports[PORT]
    hosts = [part for host in ("127.0.0.1", gateway) for part in ("--host", host)]
    return Component(
        name="provider",
        title="model provider",
        command=[sys.executable, "-m", "rehearsal.provider", "--port", str(port), *hosts],
        listeners=listeners(settings),
        admin_url=f"http://127.0.0.1:{port}/_admin",
        environ={**environ(), "PROVIDER_KEYS": credentials.provider_key},
    )


def endpoints(settings: Settings, credentials: Credentials, gateway: str) -> dict[str, Any]:
    port = settings.ports[PORT]
    return {
        "base_url": f"http://127.0.0.1:{port}/v1",
        "base_url_for_containers": f"http://{gateway}:{port}/v1",
        "api_key": credentials.provider_key,
        "admin_url": f"http://127.0.0.1:{port}/_admin",
    }
