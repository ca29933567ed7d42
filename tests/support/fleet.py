"""One deployment in several regions of every cloud, in one run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tests.support.playbook import Run, developers_environment, play
from tests.support.rehearsal import ROOT, Rehearsal

REGIONS: dict[str, Sequence[str]] = {
    "aws": (
        "us-east-1",
        "us-east-2",
        "us-west-1",
        "us-west-2",
        "ca-central-1",
        "eu-west-1",
        "eu-central-1",
        "ap-northeast-1",
        "ap-southeast-2",
        "sa-east-1",
    ),
    "gcp": (
        "us-central1",
        "us-east1",
        "us-east4",
        "us-west1",
        "northamerica-northeast1",
        "europe-west1",
        "europe-west3",
        "asia-northeast1",
        "australia-southeast1",
        "southamerica-east1",
    ),
    "azure": (
        "eastus",
        "eastus2",
        "westus2",
        "centralus",
        "canadacentral",
        "northeurope",
        "westeurope",
        "japaneast",
        "australiaeast",
        "brazilsouth",
    ),
}


class Fleet:
    """Targets ``<cloud>-<region>`` in the first ``regions`` of each cloud; ``folder`` has the inventory."""

    def __init__(self, rehearsal: Rehearsal, folder: Path, name: str, regions: int) -> None:
        self.rehearsal, self.name = rehearsal, name
        self._inventory = folder
        folder.mkdir(parents=True, exist_ok=True)
        for part in ("group_vars", "endpoints.py"):
            (folder / part).symlink_to(ROOT / "inventories" / "rehearsal" / part)
        groups = {
            cloud: {"hosts": {f"{cloud}-{region}": {"target_region": region} for region in names[:regions]}}
            for cloud, names in REGIONS.items()
        }
        (folder / "hosts.json").write_text(json.dumps({"all": {"children": groups}}))

    @property
    def environment(self) -> dict[str, str]:
        return developers_environment(self.rehearsal)

    def command(self, playbook: str, limit: str, *options: str) -> list[str]:
        extra = ["-e", f"deployment_name={self.name}", "-e", f"confirm={self.name}"]
        return ["ansible-playbook", playbook, "-i", str(self._inventory), "--limit", limit, *extra, *options]

    def play(self, playbook: str, limit: str, *options: str) -> Run:
        return play(self.command(playbook, limit, *options), self.environment)
