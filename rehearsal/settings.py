"""Where the rehearsal keeps its state and which ports it takes, from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import RehearsalError

REPOSITORY = Path(__file__).resolve().parent.parent

# variable -> default, of a single port
PORTS = {
    "REHEARSAL_AWS_PORT": 14560,
    "REHEARSAL_PROVIDER_PORT": 14561,
    "REHEARSAL_GCP_PORT": 14562,
    "REHEARSAL_AZURE_PORT": 14563,
    "REHEARSAL_AZURE_IDENTITY_PORT": 14564,
}
# variable -> default, of the first of RANGE ports in a row
RANGES = {
    "REHEARSAL_LOAD_BALANCER_PORT": 14570,
    "REHEARSAL_GCP_SERVICE_PORT": 14590,
    "REHEARSAL_AZURE_SERVICE_PORT": 14610,
    "REHEARSAL_AZURE_VAULT_PORT": 14630,
}
RANGE = 16
MINUTE = "REHEARSAL_MINUTE_SECONDS"
MINUTE_SECONDS = 5.0


@dataclass(frozen=True)
class Settings:
    """``ports`` by the variables that move them; ``minute``: how many seconds it takes in autoscaling."""

    state: Path
    ports: Mapping[str, int]
    minute: float
    ministack_python: Path = REPOSITORY / ".venv-ministack" / "bin" / "python"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Raise RehearsalError for a value that makes no sense."""
        state = Path(environ.get("REHEARSAL_STATE", REPOSITORY / ".rehearsal")).absolute()
        ports = {name: _port(environ, name, default) for name, default in (PORTS | RANGES).items()}
        return cls(state, ports, _minute(environ))

    def range(self, variable: str) -> range:
        """The ports that start at a variable of RANGES."""
        return range(self.ports[variable], self.ports[variable] + RANGE)


def _minute(environ: Mapping[str, str]) -> float:
    value = environ.get(MINUTE, "") or str(MINUTE_SECONDS)
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 60:
        raise RehearsalError(f"{MINUTE} is {value!r}, expected seconds from 0.1 to 60.")
    return seconds


def _port(environ: Mapping[str, str], variable: str, default: int) -> int:
    value = environ.get(variable, "") or str(default)
    if not value.isdecimal() or not 1024 <= int(value) <= 65000:
        raise RehearsalError(
            f"{variable} is {value!r}, expected a port from 1024 to 65000. "
            f"Unset it for the default {default}."
        )
    return int(value)
