"""What the Azure stand-in is told at its start, by a file that only the user can read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ..core.labels import labels


@dataclass(frozen=True)
class Config:
    """``hosts`` are the addresses to listen on: loopback and the bridge by which containers reach us.

    ``port`` is TLS: ARM, Entra ID and the registries; ``identity_port`` is plain HTTP: managed identities
    and the admin endpoints. Vaults and apps get a TLS port each. ``certificate`` and ``key`` are PEM files of
    a private CA, whose own is ``ca_file``; ``minute`` is how many seconds a minute of Container Apps takes in
    autoscaling.
    """

    instance: str
    state: str
    hosts: list[str]
    gateway: str
    port: int
    identity_port: int
    service_ports: list[int]
    vault_ports: list[int]
    minute: float
    certificate: str
    key: str
    ca_file: str
    subscription_id: str
    tenant_id: str
    client_id: str
    client_secret: str

    @classmethod
    def load(cls, path: Path) -> Config:
        return cls(**json.loads(path.read_text()))

    @property
    def labels(self) -> dict[str, str]:
        return labels(self.instance, "azure")
