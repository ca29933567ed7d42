"""One rehearsal for these tests, on ports of its own, in a state folder of its own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import docker
import pytest

from tests.unit.rehearsal.harness import Harness
from tests.unit.rehearsal.image import build


@pytest.fixture(scope="session")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """A rehearsal that is up, with an AWS minute of 0.4 seconds."""
    harness = Harness(tmp_path_factory.mktemp("rehearsal"), REHEARSAL_MINUTE_SECONDS="0.4")
    harness.up()
    yield harness
    harness.command("down", "--images")


@pytest.fixture
def aws(rehearsal: Harness) -> Iterator[Harness]:
    """The same, returned to an empty account afterwards."""
    yield rehearsal
    rehearsal.command("reset")


@pytest.fixture(scope="session")
def image() -> Iterator[str]:
    """The name of a local image with the test server."""
    engine = docker.from_env()
    name = f"ai-api-rehearsal-test-{uuid.uuid4().hex[:8]}"
    build(engine, name)
    yield f"{name}:latest"
    engine.images.remove(f"{name}:latest", force=True)
