"""One GCP stand-in for these tests, emptied after each."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import docker
import pytest

from rehearsal import engine
from rehearsal.core.labels import INSTANCE_LABEL
from tests.unit.rehearsal.gcp.harness import Harness


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    instance = uuid.uuid4().hex[:16]
    harness = Harness(tmp_path_factory.mktemp("gcp"), instance)
    yield harness
    harness.stop()
    connection = docker.from_env()
    engine.remove_images(connection, [harness.endpoints["registry_host"]])
    left = {"label": f"{INSTANCE_LABEL}={instance}"}
    assert connection.containers.list(all=True, filters=left) == []


@pytest.fixture
def project(stand_in: Harness) -> Iterator[Harness]:
    """A project in which nothing is enabled yet."""
    yield stand_in
    stand_in.admin("POST", "reset")


@pytest.fixture
def gcp(project: Harness) -> Harness:
    """A project with the APIs enabled that a deployment needs."""
    project.enable()
    return project
