"""The processes of the rehearsal: what each is started with and how to ask whether it is well."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from .aws.config import Config
from .credentials import Credentials
from .settings import REPOSITORY, Settings
from .state import State

# Nothing of the user's environment reaches a stand-in but what a process needs to run at all.
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "DOCKER_HOST", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY")


@dataclass(frozen=True)
class Component:
    """``listeners`` maps its ports to the variables that move them; ``admin_url`` has health and reset."""

    name: str
    title: str
    command: Sequence[str]
    listeners: Mapping[int, str]
    admin_url: str
    environ: Mapping[str, str] = field(default_factory=dict)
    configuration: Mapping[str, Any] = field(default_factory=dict)

    @property
    def health_url(self) -> str:
        return f"{self.admin_url}/health"

    @property
    def fingerprint(self) -> str:
        """Changes when the process would be started differently."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


def provider(settings: Settings, credentials: Credentials, gateway: str) -> Component:
    port = settings.provider_port
    hosts = [part for host in ("127.0.0.1", gateway) for part in ("--host", host)]
    return Component(
        name="provider",
        title="model provider",
        command=[sys.executable, "-m", "rehearsal.provider", "--port", str(port), *hosts],
        listeners={port: "REHEARSAL_PROVIDER_PORT"},
        admin_url=f"http://127.0.0.1:{port}/_admin",
        environ={**_environ(), "PROVIDER_KEYS": credentials.provider_key},
    )


def aws(settings: Settings, credentials: Credentials, gateway: str, state: State) -> Component:
    config = Config(
        instance=credentials.instance,
        state=str(state.root / "aws"),
        hosts=["127.0.0.1", gateway],
        gateway=gateway,
        port=settings.aws_port,
        load_balancer_ports=list(settings.load_balancer_ports),
        keys=credentials.aws_keys,
        registry_password=credentials.registry_password,
        minute=settings.minute,
    )
    path = state.root / "aws.json"
    return Component(
        name="aws",
        title="AWS (MiniStack)",
        command=[str(settings.ministack_python), "-m", "rehearsal.aws.launcher", str(path)],
        listeners={
            settings.aws_port: "REHEARSAL_AWS_PORT",
            **dict.fromkeys(settings.load_balancer_ports, "REHEARSAL_LOAD_BALANCER_PORT"),
        },
        admin_url=f"http://127.0.0.1:{settings.aws_port}/_admin",
        environ={**_environ(), "PYTHONPATH": str(REPOSITORY)},
        configuration=asdict(config),
    )


def _environ() -> dict[str, str]:
    return {name: os.environ[name] for name in _KEPT if name in os.environ}


def endpoints(settings: Settings, credentials: Credentials, gateway: str) -> dict[str, Any]:
    """The content of endpoints.json, the only file that the inventory reads."""
    aws_url = f"http://127.0.0.1:{settings.aws_port}"
    provider_url = f"http://127.0.0.1:{settings.provider_port}"
    access_key_id, secret_access_key = credentials.user_key
    return {
        "aws": {
            "endpoint_url": aws_url,
            "access_key_id": access_key_id,
            "secret_access_key": secret_access_key,
            "registry_host": f"127.0.0.1:{settings.aws_port}",
        },
        "provider": {
            "base_url": f"{provider_url}/v1",
            "base_url_for_containers": f"http://{gateway}:{settings.provider_port}/v1",
            "api_key": credentials.provider_key,
            "admin_url": f"{provider_url}/_admin",
        },
        "admin_url": f"{aws_url}/_admin",
    }
