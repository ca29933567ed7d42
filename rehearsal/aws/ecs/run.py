"""What really stands behind a task's record."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from ...core.meters import ContainerMeter
from ...core.targets import HEALTHY, UNHEALTHY, Target

Record = dict[str, Any]
Key = tuple[str, str, str]  # account, region, cluster/service


@dataclass
class Run:
    """What really stands behind a task's record; ``targets`` are pairs of target group and target.

    ``started`` is set once starting is over, well or not.
    """

    record: Record
    definition: Record
    account: str
    region: str
    containers: list[str] = field(default_factory=list)
    targets: list[tuple[str, Target]] = field(default_factory=list)
    meter: ContainerMeter | None = None
    logs: list[threading.Thread] = field(default_factory=list)
    running_since: float = 0.0
    leaving: bool = False
    started: threading.Event = field(default_factory=threading.Event)

    @property
    def arn(self) -> str:
        return str(self.record["taskArn"])

    @property
    def id(self) -> str:
        return self.arn.rpartition("/")[2]

    @property
    def cluster(self) -> str:
        return str(self.record["clusterArn"]).rpartition("/")[2]

    @property
    def service(self) -> Key | None:
        """The service that it belongs to, None for a task of its own."""
        kind, _, name = str(self.record.get("group", "")).partition(":")
        return (self.account, self.region, f"{self.cluster}/{name}") if kind == "service" else None

    @property
    def health(self) -> str:
        """``unhealthy``, ``healthy`` (also when it runs and has no target), or ``initial``."""
        if self.record["lastStatus"] != "RUNNING":
            return "initial"
        states = {target.state for _, target in self.targets}
        return UNHEALTHY if UNHEALTHY in states else "initial" if states - {HEALTHY} else HEALTHY
