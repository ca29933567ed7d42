"""One GCP stand-in for these tests, emptied after each."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import docker
import pytest

from rehearsal.core.labels import INSTANCE_LABEL
from tests.unit.rehearsal.gcp.harness import Harness


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    instance = uuid.uuid4().hex[:16]
    harness = Harness(tmp_path_factory.mktemp("gcp"), instance)
    yield harness
    harness.stop()
    engine, ours = docker.from_env(), f"{harness.endpoints['registry_host']}/"
    for image in engine.images.list():
        for name in [one for one in image.attrs["RepoDigests"] or [] if one.startswith(ours)]:
            engine.images.remove(name, force=True)
    left = {"label": f"{INSTANCE_LABEL}={instance}"}
    assert engine.containers.list(all=True, filters=left) == []


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
