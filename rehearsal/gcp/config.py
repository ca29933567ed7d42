"""What the GCP stand-in is told at its start, by a file that only the user can read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.labels import labels


@dataclass(frozen=True)
class Config:
    """``hosts`` are the addresses to listen on: loopback and the bridge by which containers reach us.

    ``key`` is the user's service-account key file (with the private key), ``minute`` how many seconds a
    Cloud Run minute takes in autoscaling.
    """

    instance: str
    state: str
    hosts: list[str]
    gateway: str
    port: int
    service_ports: list[int]
    minute: float
    project: str
    key: dict[str, Any]

    @classmethod
    def load(cls, path: Path) -> Config:
        return cls(**json.loads(path.read_text()))

    @property
    def number(self) -> str:
        """The project's number, as good as its id in names."""
        return str(int(self.instance or "0", 16) % 10**12 + 10**12)

    @property
    def labels(self) -> dict[str, str]:
        return labels(self.instance, "gcp")
