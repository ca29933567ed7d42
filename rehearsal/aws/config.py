"""What the AWS stand-in is told at its start, by a file that only the user can read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ..core.labels import labels


@dataclass(frozen=True)
class Config:
    """``hosts`` are the addresses to listen on: loopback and the bridge by which containers reach us.

    ``keys`` maps access key ids to secrets: the user's, then the one that tasks get as their role's.
    ``minute`` is how many seconds an AWS minute takes in autoscaling.
    """

    instance: str
    state: str
    hosts: list[str]
    gateway: str
    port: int
    load_balancer_ports: list[int]
    keys: dict[str, str]
    registry_password: str
    minute: float

    @classmethod
    def load(cls, path: Path) -> Config:
        return cls(**json.loads(path.read_text()))

    @property
    def labels(self) -> dict[str, str]:
        """Labels of every container and network of this instance."""
        return labels(self.instance, "aws")

    @property
    def registry_host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def task_key(self) -> tuple[str, str]:
        """Access key id and secret that containers sign with."""
        return list(self.keys.items())[-1]
