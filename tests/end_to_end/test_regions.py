"""Two regions a cloud: deployed in one run, and one of them removed without the other's noticing."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.support.clouds import CLOUDS
from tests.support.fleet import REGIONS, Fleet
from tests.support.playbook import Run
from tests.support.rehearsal import Rehearsal

FIRST = {f"{cloud}-{names[0]}" for cloud, names in REGIONS.items()}
SECOND = {f"{cloud}-{names[1]}" for cloud, names in REGIONS.items()}


@pytest.fixture(scope="module")
def fleet(stand_ins: Rehearsal, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    stand_ins.command("reset")
    return Fleet(stand_ins, tmp_path_factory.mktemp("fleet") / "inventory", "e2e-regions", 2)


def answering(fleet: Fleet, run: Run) -> set[str]:
    """The targets of ``run``; each must answer where the run says that it does."""
    said = run.of_all("Say where the service answers")
    for target, result in said.items():
        cloud = CLOUDS[target.split("-")[0]](fleet.rehearsal)
        url = re.search(r"https?://[^,\s]+", result["msg"])
        assert url
        asked = {"prompt": "Say hello."}
        httpx.post(f"{url[0]}/generate", json=asked, timeout=30, verify=cloud.trust).raise_for_status()
    return set(said)


def test_regions_are_deployed_together_and_removed_apart(fleet: Fleet) -> None:
    deployed = fleet.play("deploy.yml", "all", "--skip-tags", "verify").succeeded()
    assert deployed.changed_targets == FIRST | SECOND
    assert answering(fleet, deployed) == FIRST | SECOND
    fleet.play("cleanup.yml", ",".join(SECOND)).succeeded()
    again = fleet.play("deploy.yml", ",".join(FIRST), "--skip-tags", "verify").succeeded()
    assert again.changed_targets == set()
    assert answering(fleet, again) == FIRST
    fleet.play("cleanup.yml", ",".join(FIRST)).succeeded()
    for cloud in CLOUDS.values():
        assert cloud(fleet.rehearsal).everything() == set()
