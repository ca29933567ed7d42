"""One runner for these tests; its minute is short."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from rehearsal.core.containers import Engine
from rehearsal.core.runner import Runner
from tests.support.ports import free_ports
from tests.unit.rehearsal.runner.deployed import Deployed


@pytest.fixture(scope="session")
def labels() -> dict[str, str]:
    return {"ai-api-runner-test": uuid.uuid4().hex}


@pytest.fixture(scope="session")
def runner(labels: dict[str, str]) -> Iterator[Runner]:
    """With a minute of 1.2 seconds: instances are measured every 0.2 seconds."""
    made = Runner(Engine(), labels, minute=1.2)
    yield made
    made.shutdown()


@pytest.fixture
def service(runner: Runner, image: str) -> Iterator[Deployed]:
    """A service that is open and has no revision."""
    deployed = Deployed(runner, f"svc-{uuid.uuid4().hex[:6]}", free_ports(1)[0], image)
    deployed.open()
    yield deployed
    runner.shutdown()
