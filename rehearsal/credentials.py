"""Keys that are generated at ``up`` and kept until ``down``."""

from __future__ import annotations

import secrets
import string
from dataclasses import asdict, dataclass

from .state import State

FILE = "credentials.json"
_KEY_ID = string.ascii_uppercase + string.digits


@dataclass(frozen=True)
class Credentials:
    """``instance`` marks what is ours; ``aws_keys`` maps access key ids to secrets, the user's first,
    then the one that tasks get as their role's."""

    instance: str
    aws_keys: dict[str, str]
    registry_password: str
    provider_key: str

    @classmethod
    def load(cls, state: State) -> Credentials | None:
        found = state.read(FILE)
        return cls(**found) if found else None

    @classmethod
    def load_or_make(cls, state: State) -> Credentials:
        found = cls.load(state)
        if found is None:
            found = cls(
                instance=secrets.token_hex(8),
                aws_keys={
                    _key_id("AKIA"): secrets.token_urlsafe(30),
                    _key_id("ASIA"): secrets.token_urlsafe(30),
                },
                registry_password=secrets.token_urlsafe(24),
                provider_key=f"sk-rehearsal-{secrets.token_urlsafe(24)}",
            )
            state.write(FILE, asdict(found))
        return found

    @property
    def user_key(self) -> tuple[str, str]:
        """Access key id and secret that the playbooks sign with."""
        return next(iter(self.aws_keys.items()))


def _key_id(prefix: str) -> str:
    return prefix + "".join(secrets.choice(_KEY_ID) for _ in range(16))
