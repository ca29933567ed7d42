"""The three gateways: how each is started, addressed and known to be alive."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tests.bench.gateways import installation
from tests.support.rehearsal import ROOT

OURS = "this service"
MODEL = "gpt-4o-mini"


@dataclass(frozen=True)
class Provider:
    """Where the stand-in for the model provider listens, and the key that it accepts."""

    port: int
    key: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


@dataclass(frozen=True)
class Gateway:
    """``command`` starts it on the port that it is given; ``headers`` go with each request."""

    name: str
    version: str
    command: Callable[[int], list[str]]
    environment: Mapping[str, str]
    headers: Mapping[str, str]
    health: str
    installed_bytes: int


def ours(provider: Provider) -> Gateway:
    """One worker by the image's own command, with callers' keys and limits as in production."""
    installed = installation.ours()
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    image_command = json.loads(next(line for line in lines if line.startswith("CMD "))[4:])
    key = secrets.token_urlsafe()
    keys = {"keys": [{"id": "bench", "sha256": sha256(key.encode()).hexdigest()}]}

    def command(port: int) -> list[str]:
        own = {"python3": str(installed / "bin/python"), "0.0.0.0": "127.0.0.1", "8000": str(port)}  # noqa: S104  replaced
        return [own.get(word, word) for word in image_command]

    return Gateway(
        OURS,
        "this commit",
        command,
        {
            "OPENAI_API_KEY": provider.key,
            "OPENAI_BASE_URL": provider.url,
            "OPENAI_MODEL": MODEL,
            "API_KEYS_SOURCE": "env",
            "API_KEYS": json.dumps(keys),
            "RATE_LIMIT_PER_MINUTE": "1000000",
            "DRAIN_SECONDS": "0",
        },
        {"Authorization": f"Bearer {key}"},
        "/health",
        installation.size(installed / "lib", ROOT / "app"),
    )


def litellm(provider: Provider, folder: Path) -> Gateway:
    """One worker, a master key, no database: its documentation's start. ``folder`` takes its settings."""
    installed = installation.litellm()
    key = f"sk-{secrets.token_urlsafe()}"
    parameters = {"model": f"openai/{MODEL}", "api_base": provider.url, "api_key": provider.key}
    config = folder / "litellm.yaml"
    config.write_text(json.dumps({"model_list": [{"model_name": MODEL, "litellm_params": parameters}]}))
    program = [str(installed / "bin/litellm"), f"--config={config}", "--host=127.0.0.1", "--num_workers=1"]
    return Gateway(
        "LiteLLM proxy",
        installation.LITELLM,
        lambda port: [*program, f"--port={port}"],
        {"LITELLM_MASTER_KEY": key, "HOME": str(folder)},
        {"Authorization": f"Bearer {key}"},
        "/health/liveliness",
        installation.size(installed / "lib"),
    )


def portkey(provider: Provider) -> Gateway:
    """Without its console. It knows no keys of its own: the caller names the provider and brings its key."""
    installed = installation.portkey()
    program = [
        "node",
        str(installed / "node_modules/@portkey-ai/gateway/build/start-server.js"),
        "--headless",
    ]
    return Gateway(
        "Portkey gateway",
        installation.PORTKEY,
        lambda port: [*program, f"--port={port}"],
        {"NODE_ENV": "production"},
        {
            "Authorization": f"Bearer {provider.key}",
            "x-portkey-provider": "openai",
            "x-portkey-custom-host": provider.url,
        },
        "/",
        installation.size(installed / "node_modules"),
    )


def available(provider: Provider, folder: Path, show: Callable[[str], None]) -> list[Gateway]:
    """Ours, and those of the others that can be installed; ``show`` is told why one is missing."""
    found = [ours(provider)]
    others: list[Callable[[], Gateway]] = [lambda: litellm(provider, folder), lambda: portkey(provider)]
    for make in others:
        try:
            found.append(make())
        except installation.NotInstallableError as reason:
            show(f"skipped, because it cannot be installed: {reason}")
    return found


def environment(gateway: Gateway) -> dict[str, str]:
    """Nothing of the environment of the one who measures, but for the path to programs."""
    return {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", **gateway.environment}
