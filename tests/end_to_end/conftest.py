"""One rehearsal for all end-to-end tests; every module starts from an empty account in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.playbook import Target
from tests.support.rehearsal import Rehearsal


@pytest.fixture(scope="session")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    running = Rehearsal(state=tmp_path_factory.mktemp("rehearsal"))
    running.command("up")
    yield running
    running.command("down")


@pytest.fixture(scope="module")
def target(rehearsal: Rehearsal, request: pytest.FixtureRequest) -> Target:
    """An empty account, and a deployment named after the module."""
    rehearsal.command("reset")
    rehearsal.forget_calls()
    name = Path(request.path).stem.removeprefix("test_").replace("_", "-")
    return Target(rehearsal, f"e2e-{name}"[:24])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "end_to_end" in item.path.parts:
            item.add_marker(pytest.mark.rehearsal)
