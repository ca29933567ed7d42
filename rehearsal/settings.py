"""Where the rehearsal keeps its state and which ports it takes, from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import RehearsalError

REPOSITORY = Path(__file__).resolve().parent.parent
LOAD_BALANCER_PORTS = 8

# variable -> default
PORTS = {
    "REHEARSAL_AWS_PORT": 14560,
    "REHEARSAL_PROVIDER_PORT": 14561,
    "REHEARSAL_LOAD_BALANCER_PORT": 14570,
}


@dataclass(frozen=True)
class Settings:
    """``load_balancer_port`` is the first of LOAD_BALANCER_PORTS ports in a row, one a load balancer."""

    state: Path
    aws_port: int
    provider_port: int
    load_balancer_port: int
    ministack_python: Path = REPOSITORY / ".venv-ministack" / "bin" / "python"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Raise RehearsalError for a port that is not a number from 1024 to 65000."""
        aws, provider, load_balancer = (_port(environ, variable) for variable in PORTS)
        state = Path(environ.get("REHEARSAL_STATE", REPOSITORY / ".rehearsal")).absolute()
        return cls(state, aws, provider, load_balancer)

    @property
    def load_balancer_ports(self) -> range:
        return range(self.load_balancer_port, self.load_balancer_port + LOAD_BALANCER_PORTS)


def _port(environ: Mapping[str, str], variable: str) -> int:
    value = environ.get(variable, "") or str(PORTS[variable])
    if not value.isdecimal() or not 1024 <= int(value) <= 65000:
        raise RehearsalError(
            f"{variable} is {value!r}, expected a port from 1024 to 65000. "
            f"Unset it for the default {PORTS[variable]}."
        )
    return int(value)
