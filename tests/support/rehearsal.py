"""A rehearsal of the tests' own: own state folder and ports, apart from the one of `make rehearse`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import httpx

from rehearsal.settings import PORTS, RANGE, RANGES
from tests.support.ports import free_range

ROOT = Path(__file__).parents[2]


class Rehearsal:
    def __init__(self, state: Path) -> None:
        variables = [*PORTS, *RANGES]
        first = free_range(len(PORTS) + RANGE * len(RANGES))
        ports = [*range(first, first + len(PORTS)), *range(first + len(PORTS), 65536, RANGE)]
        self.state = state
        self.environment = {
            **os.environ,
            "REHEARSAL_STATE": str(state),
            "XDG_STATE_HOME": str(state),  # where deployments are locked
            **{variable: str(port) for variable, port in zip(variables, ports, strict=False)},
            "ANSIBLE_NOCOLOR": "1",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        # A developer's own key must neither be needed nor used.
        for variable in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
            self.environment.pop(variable, None)

    def command(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        finished = subprocess.run(
            [sys.executable, "-m", "rehearsal", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if check:
            assert finished.returncode == 0, finished.stdout + finished.stderr
        return finished

    @property
    def endpoints(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((self.state / "endpoints.json").read_text())
        return loaded

    def calls(self, cloud: str = "aws") -> list[dict[str, Any]]:
        """What clients asked of the cloud's API since the last ``forget_calls``."""
        answer: list[dict[str, Any]] = httpx.get(self._admin(cloud, "calls")).raise_for_status().json()
        return answer

    def mutating_calls(self, cloud: str = "aws") -> list[str]:
        return [f"{call['service']}:{call['action']}" for call in self.calls(cloud) if call["mutating"]]

    def forget_calls(self, cloud: str = "aws") -> None:
        httpx.delete(self._admin(cloud, "calls")).raise_for_status()

    def aws(self, service: str, region: str = "us-east-1") -> Any:
        aws = self.endpoints["aws"]
        return boto3.client(  # type: ignore[call-overload]
            service,
            region_name=region,
            endpoint_url=aws["endpoint_url"],
            aws_access_key_id=aws["access_key_id"],
            aws_secret_access_key=aws["secret_access_key"],
        )

    def _admin(self, cloud: str, name: str) -> str:
        return f"{self.endpoints[cloud]['admin_url']}/{name}"
