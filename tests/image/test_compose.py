"""`docker compose up --build`, as for work on the application."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.image.process import require

from tests.support.image import docker
from tests.support.ports import free_ports
from tests.support.waiting import wait_for

COMMANDS = (["docker", "compose"], ["docker-compose"])


class Compose:
    """The project under a name of the test's own."""

    def __init__(self, command: list[str], project: Path, base: str) -> None:
        self._command = command
        self._project = project
        self.port = free_ports(1)[0]
        self.environment = os.environ | {
            "COMPOSE_PROJECT_NAME": f"ai-api-test-{secrets.token_hex(4)}",
            "BASE_IMAGE": base,
            "PORT": str(self.port),
            "OPENAI_API_KEY": secrets.token_urlsafe(),
        }
        self.environment.pop("ALLOWED_ORIGINS", None)

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self._command, *arguments],
            cwd=self._project,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            check=False,
        )


def works(command: list[str]) -> bool:
    found = shutil.which(command[0])
    return (
        bool(found)
        and subprocess.run([*command, "version"], capture_output=True, check=False).returncode == 0
    )


@pytest.fixture
def compose(dockerfile_project: Path, base: str) -> Iterator[Compose]:
    command = next(filter(works, COMMANDS), None)
    if command is None:
        command = COMMANDS[1]
        require(command[0], command, "This test", print)
    made = Compose(command, dockerfile_project, base)
    yield made
    made.run("down", "--rmi", "local")


def test_it_asks_for_a_key_builds_and_answers_a_local_frontend(compose: Compose) -> None:
    refused = compose.run("up", "--build", "--detach", OPENAI_API_KEY="")
    assert refused.returncode != 0
    assert "OPENAI_API_KEY" in refused.stderr
    assert "Set it in the environment or in .env" in refused.stderr

    started = compose.run("up", "--build", "--detach")
    assert started.returncode == 0, started.stderr
    url = f"http://127.0.0.1:{compose.port}/health"

    def answer() -> httpx.Response | None:
        try:
            return httpx.get(url, headers={"Origin": "http://localhost:3000"})
        except httpx.TransportError:
            return None

    answered = wait_for(answer, "the service answers")
    assert answered and answered.headers["access-control-allow-origin"] == "http://localhost:3000"
    container = compose.run("ps", "--quiet").stdout.strip()
    assert docker("port", container) == f"8000/tcp -> 127.0.0.1:{compose.port}"
    assert (
        docker("inspect", "--format", "{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}}", container)
        == "true [ALL]"
    )
    health = "{{.Config.Healthcheck.Interval}} {{.Config.Healthcheck.Test}}"
    assert docker("inspect", "--format", health, container) == "30s [CMD python3 -m app.healthcheck]"
