"""What several folders of tests share: a container engine, and one rehearsal of the tests' own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rehearsal.engine import ensure, stop_if_ours
from rehearsal.processes import Registry
from rehearsal.state import State
from tests.support.rehearsal import Rehearsal


@pytest.fixture(scope="session", autouse=True)
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The engine that runs; or else one that is installed, started, and stopped again at the end."""
    state = State(tmp_path_factory.mktemp("engine"))
    state.prepare()
    registry = Registry(state)
    ensure(registry, print)
    yield
    stop_if_ours(registry, print)


@pytest.fixture(scope="session")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """Running stand-ins of these tests' own."""
    running = Rehearsal(state=tmp_path_factory.mktemp("stand-ins"))
    running.command("up")
    yield running
    running.command("down")
