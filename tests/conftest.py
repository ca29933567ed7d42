"""What several folders of tests share: processes, a container engine, and one rehearsal of the tests' own."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from rehearsal.engine import ensure, stop_if_ours
from rehearsal.processes import Registry
from rehearsal.state import State
from tests.support.distribution import Groups, rank
from tests.support.rehearsal import Rehearsal


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Groups:
    return Groups(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: rank(item.nodeid))


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Have an engine: the one that runs, or else one that is installed, started, and stopped at the end.

    Of several processes it is the one that hands out the tests which sees to this.
    """
    if hasattr(session.config, "workerinput") or session.config.option.collectonly:
        return (yield)
    with TemporaryDirectory() as folder:
        state = State(Path(folder))
        state.prepare()
        registry = Registry(state)
        ensure(registry, print)
        try:
            return (yield)
        finally:
            stop_if_ours(registry, print)


@pytest.fixture(scope="session")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """Running stand-ins of these tests' own."""
    running = Rehearsal(state=tmp_path_factory.mktemp("stand-ins"))
    running.command("up")
    yield running
    running.command("down", "--images")
