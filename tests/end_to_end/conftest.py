"""Every module of end-to-end tests starts from an empty account, on each cloud."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.clouds import CLOUDS
from tests.support.playbook import Target
from tests.support.rehearsal import Rehearsal


@pytest.fixture(scope="module", params=list(CLOUDS))
def target(stand_ins: Rehearsal, request: pytest.FixtureRequest) -> Target:
    """An empty account, and a deployment named after the module."""
    stand_ins.command("reset")
    name = Path(request.path).stem.removeprefix("test_").replace("_", "-")
    return Target(stand_ins, f"e2e-{name}"[:24], request.param)
