"""A process of the rehearsal: what it is started with and how to ask whether it is well."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

# Nothing of the user's environment reaches a stand-in but what a process needs to run at all.
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "DOCKER_HOST", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY")


@dataclass(frozen=True)
class Component:
    """``listeners`` maps its ports to the variables that move them; ``admin_url`` has health and reset."""

    name: str
    title: str
    command: Sequence[str]
    listeners: Mapping[int, str]
    admin_url: str
    environ: Mapping[str, str] = field(default_factory=dict)
    configuration: Mapping[str, Any] = field(default_factory=dict)

    @property
    def health_url(self) -> str:
        return f"{self.admin_url}/health"

    @property
    def fingerprint(self) -> str:
        """Changes when the process would be started differently."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


def environ() -> dict[str, str]:
    return {name: os.environ[name] for name in _KEPT if name in os.environ}
