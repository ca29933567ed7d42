"""`molecule test` works as typed, for every scenario."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.rehearsal import ROOT, Rehearsal

SCENARIOS = sorted(path.parent.name for path in ROOT.glob("molecule/*/molecule.yml"))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario(scenario: str, tmp_path: Path) -> None:
    own = {"MOLECULE_EPHEMERAL_DIRECTORY": str(tmp_path), "NO_COLOR": "1"}
    finished = subprocess.run(
        ["molecule", "test", "--scenario-name", scenario],
        cwd=ROOT,
        env=Rehearsal(tmp_path).environment | own,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout[-4000:] + finished.stderr[-4000:]
