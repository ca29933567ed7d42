"""How the AWS stand-in is started and reached. Imported from .venv: nothing here needs MiniStack."""

from __future__ import annotations

import secrets
import string
from dataclasses import asdict
from typing import Any

from ..component import Component, environ
from ..credentials import Credentials
from ..settings import REPOSITORY, Settings
from ..state import State
from .config import Config

PORT, LOAD_BALANCER_PORT = "REHEARSAL_AWS_PORT", "REHEARSAL_LOAD_BALANCER_PORT"
_KEY_ID = string.ascii_uppercase + string.digits


def make_credentials() -> dict[str, Any]:
    """``keys`` maps access key ids to secrets: the user's, then the one that tasks get as their role's."""
    return {
        "keys": {
            _key_id("AKIA"): secrets.token_urlsafe(30),
            _key_id("ASIA"): secrets.token_urlsafe(30),
        },
        "registry_password": secrets.token_urlsafe(24),
    }


def listeners(settings: Settings) -> dict[int, str]:
    balancers = dict.fromkeys(settings.range(LOAD_BALANCER_PORT), LOAD_BALANCER_PORT)
    return {settings.ports[PORT]: PORT, **balancers}


def component(settings: Settings, credentials: Credentials, gateway: str, state: State) -> Component:
    port = settings.ports[PORT]
    config = Config(
        instance=credentials.instance,
        state=str(state.root / "aws"),
        hosts=["127.0.0.1", gateway],
        gateway=gateway,
        port=port,
        load_balancer_ports=list(settings.range(LOAD_BALANCER_PORT)),
        minute=settings.minute,
        **credentials.clouds["aws"],
    )
    return Component(
        name="aws",
        title="AWS (MiniStack)",
        command=[
            str(settings.ministack_python),
            "-m",
            "rehearsal.aws.launcher",
            str(state.configuration("aws")),
        ],
        listeners=listeners(settings),
        admin_url=f"http://127.0.0.1:{port}/_admin",
        environ={**environ(), "PYTHONPATH": str(REPOSITORY)},
        configuration=asdict(config),
    )


def endpoints(settings: Settings, credentials: Credentials, gateway: str, state: State) -> dict[str, Any]:
    port = settings.ports[PORT]
    access_key_id, secret_access_key = next(iter(credentials.clouds["aws"]["keys"].items()))
    connection = {
        "endpoint_url": f"http://127.0.0.1:{port}",
        "access_key_id": access_key_id,
        "secret_access_key": secret_access_key,
    }
    return {
        **connection,
        "connection": connection,
        "registry_host": f"127.0.0.1:{port}",
        "admin_url": f"http://127.0.0.1:{port}/_admin",
    }


def _key_id(prefix: str) -> str:
    return prefix + "".join(secrets.choice(_KEY_ID) for _ in range(16))
