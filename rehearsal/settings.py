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
MINUTE = "REHEARSAL_MINUTE_SECONDS"
MINUTE_SECONDS = 5.0


@dataclass(frozen=True)
class Settings:
    """``load_balancer_port`` is the first of LOAD_BALANCER_PORTS ports in a row, one a listener.

    ``minute`` is how many seconds an AWS minute takes in autoscaling.
    """

    state: Path
    aws_port: int
    provider_port: int
    load_balancer_port: int
    minute: float
    ministack_python: Path = REPOSITORY / ".venv-ministack" / "bin" / "python"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Raise RehearsalError for a value that makes no sense."""
        aws, provider, load_balancer = (_port(environ, variable) for variable in PORTS)
        state = Path(environ.get("REHEARSAL_STATE", REPOSITORY / ".rehearsal")).absolute()
        return cls(state, aws, provider, load_balancer, _minute(environ))

    @property
    def load_balancer_ports(self) -> range:
        return range(self.load_balancer_port, self.load_balancer_port + LOAD_BALANCER_PORTS)


def _minute(environ: Mapping[str, str]) -> float:
    value = environ.get(MINUTE, "") or str(MINUTE_SECONDS)
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 60:
        raise RehearsalError(f"{MINUTE} is {value!r}, expected seconds from 0.1 to 60.")
    return seconds


def _port(environ: Mapping[str, str], variable: str) -> int:
    value = environ.get(variable, "") or str(PORTS[variable])
    if not value.isdecimal() or not 1024 <= int(value) <= 65000:
        raise RehearsalError(
            f"{variable} is {value!r}, expected a port from 1024 to 65000. "
            f"Unset it for the default {PORTS[variable]}."
        )
    return int(value)
