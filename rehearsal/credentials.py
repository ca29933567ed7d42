"""Keys that are generated at ``up`` and kept until ``down``."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .state import State

FILE = "credentials.json"


@dataclass(frozen=True)
class Credentials:
    """``instance`` marks what is ours; ``clouds`` has what each cloud's own ``make_credentials`` made."""

    instance: str
    provider_key: str
    clouds: Mapping[str, dict[str, Any]]

    @classmethod
    def load(cls, state: State) -> Credentials | None:
        """What an ``up`` wrote, be it one of an earlier version that knew fewer clouds."""
        found = state.read(FILE)
        if found is None:
            return None
        return cls(found["instance"], found.get("provider_key", ""), found.get("clouds", {}))

    @classmethod
    def load_or_make(cls, state: State, makers: Mapping[str, Callable[[], dict[str, Any]]]) -> Credentials:
        found = cls.load(state)
        if found is None or found.clouds.keys() != makers.keys():
            found = cls(
                instance=found.instance if found else secrets.token_hex(8),
                provider_key=f"sk-rehearsal-{secrets.token_urlsafe(24)}",
                clouds={cloud: make() for cloud, make in makers.items()},
            )
            state.write(FILE, asdict(found))
        return found
