"""The AWS stand-in as a plain process, a front before it, and a way to apply stacks through both."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.ai_api.cloud.plugins.module_utils.aws.session import client
from ansible_collections.ai_api.cloud.plugins.module_utils.aws.stack.absent import absent
from ansible_collections.ai_api.cloud.plugins.module_utils.aws.stack.client import Stack
from ansible_collections.ai_api.cloud.plugins.module_utils.aws.stack.job import Job, Outcome
from ansible_collections.ai_api.cloud.plugins.module_utils.aws.stack.present import present
from ansible_collections.ai_api.cloud.plugins.module_utils.aws.stack.template import Template
from ansible_collections.ai_api.cloud.plugins.module_utils.aws.stack.wanted import Wanted
from ansible_collections.ai_api.cloud.plugins.module_utils.core.waiting import Deadline, Progress

from tests.support.aws_front import Front
from tests.support.ports import free_ports

ROOT = Path(__file__).parents[3]
SERVICES = "cloudformation,ecs,ecr,elbv2,ec2,iam,logs,secretsmanager,sns,sqs,ssm,sts,tagging"
TAGS = {"managed-by": "ai-api", "deployment": "test"}


@pytest.fixture(scope="session")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a MiniStack of this test session's own; it finds no container engine."""
    folder = tmp_path_factory.mktemp("ministack")
    (port,) = free_ports(1)
    environment = os.environ | {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "SERVICES": SERVICES,
        "DOCKER_HOST": f"unix://{folder}/no-engine.sock",
        "IOT_MTLS_ENABLED": "0",
        "TMPDIR": str(folder),
    }
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [ROOT / ".venv-ministack/bin/python", "-m", "ministack"],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()  # it would wait for every stack that is being worked on
        process.wait()


@pytest.fixture
def front(ministack: str) -> Iterator[Front]:
    with Front(ministack).running() as running:
        yield running


@pytest.fixture
def connection(front: Front) -> dict[str, Any]:
    """CONNECTION options of an account of the test's own: its number is the access key."""
    return {
        "cloud": "aws",
        "region": "eu-west-1",
        "endpoint_url": front.url,
        "access_key_id": f"{secrets.randbelow(10**12):012d}",
        "secret_access_key": secrets.token_urlsafe(),
        "max_attempts": 8,
    }


@pytest.fixture
def cloud(connection: dict[str, Any], front: Front) -> Cloud:
    return Cloud(connection, front)


@dataclass
class Cloud:
    """An empty AWS account; ``shown`` are the lines of progress of all runs."""

    connection: dict[str, Any]
    front: Front
    shown: list[str] = field(default_factory=list)

    def client(self, service: str) -> Any:
        return client(service, self.connection)

    def apply(
        self,
        template: str | dict[str, Any],
        parameters: dict[str, Any] | None = None,
        *,
        name: str = "test",
        tags: dict[str, str] | None = None,
        protected: list[str] | None = None,
        check: bool = False,
        job: Job | None = None,
    ) -> Outcome:
        wanted = Wanted(
            name=name,
            region=self.connection["region"],
            template=Template.parse(template),
            given=parameters or {},
            tags=tags or TAGS,
            capabilities=["CAPABILITY_NAMED_IAM"],
            protected=protected or [],
        )
        self.front.calls.clear()
        return present(job or self.job(name, check=check), wanted)

    def remove(
        self, *, name: str = "test", tags: dict[str, str] | None = None, check: bool = False
    ) -> Outcome:
        self.front.calls.clear()
        return absent(self.job(name, check=check), tags or TAGS)

    def job(self, name: str = "test", *, check: bool = False, seconds: float = 30) -> Job:
        return Job(
            stack=Stack(self.client("cloudformation"), name),
            connect=partial(client, options=self.connection),
            deadline=Deadline(seconds, 0.02),
            progress=Progress(self.shown.append),
            check=check,
            diff=True,
        )

    def status(self, name: str = "test") -> str | None:
        found = Stack(self.client("cloudformation"), name).read()
        return found["StackStatus"] if found else None

    def wait_for(self, status: str, name: str = "test") -> None:
        end = time.monotonic() + 30
        while (found := self.status(name)) != status:
            assert time.monotonic() < end, f"{name} is {found}, expected {status}"
            time.sleep(0.02)


def role_template(role: str) -> dict[str, Any]:
    path = ROOT / "roles" / role / "files" / "cloudformation.yml"
    return Template.read(str(path)).document


def as_yaml(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"MiniStack ended with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("MiniStack does not listen after 60 s")
