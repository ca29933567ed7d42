"""What several folders of tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.rehearsal import Rehearsal


@pytest.fixture(scope="session")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """Running stand-ins of these tests' own."""
    running = Rehearsal(state=tmp_path_factory.mktemp("stand-ins"))
    running.command("up")
    yield running
    running.command("down")
