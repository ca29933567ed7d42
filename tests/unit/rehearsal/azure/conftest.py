"""The Azure stand-in as a process of its own, as ``up`` starts it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import docker
import httpx
import pytest

from rehearsal import engine
from rehearsal.azure.component import component, endpoints, make_credentials
from rehearsal.azure.config import Config
from rehearsal.credentials import Credentials
from rehearsal.settings import RANGE, Settings
from rehearsal.state import State
from tests.support.ports import free_range
from tests.support.waiting import wait_for
from tests.unit.rehearsal.azure.harness import Azure

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azure]:
    state = State(tmp_path_factory.mktemp("azure"))
    state.prepare()
    first = free_range(2 + 2 * RANGE)
    offsets = {"PORT": 0, "IDENTITY_PORT": 1, "SERVICE_PORT": 2, "VAULT_PORT": 2 + RANGE}
    ports = {f"REHEARSAL_AZURE_{name}": first + offset for name, offset in offsets.items()}
    settings = Settings(state.root, ports, minute=1.0)
    credentials = Credentials.load_or_make(state, {"azure": make_credentials})
    gateway = engine.bridge_gateway(docker.from_env())
    endpoints(settings, credentials, gateway, state)
    made = component(settings, credentials, gateway, state)
    state.write("azure.json", dict(made.configuration))
    with (state.logs / "azure").open("w") as log:
        process = subprocess.Popen(made.command, cwd=ROOT, env=dict(made.environ), stdout=log, stderr=log)
    try:
        wait_for(lambda: _answers(made.health_url, process), "the Azure stand-in")
        yield Azure(Config(**made.configuration))
    finally:
        process.terminate()
        assert process.wait(30) == 0


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None
    try:
        return httpx.get(url).is_success
    except httpx.TransportError:
        return False


@pytest.fixture
def azure(stand_in: Azure) -> Azure:
    """With nothing but an empty resource group."""
    stand_in.admin("POST", "reset")
    stand_in.make_group()
    stand_in.admin("DELETE", "calls")
    return stand_in
