"""A rehearsal as its users drive it: by its commands and its endpoints."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.support.rehearsal import Rehearsal
from tests.support.waiting import wait_for

REGION = "eu-central-1"


class Harness(Rehearsal):
    """A rehearsal with variables of its own and the moves that these tests make."""

    def __init__(self, state: Path, **variables: str) -> None:
        super().__init__(state)
        self.environment |= variables

    def up(self) -> str:
        """The output of an ``up`` that must succeed."""
        return self.command("up").stdout

    def refused(self, *arguments: str, **variables: str) -> str:
        """What a command that must fail says, which is no traceback."""
        kept, self.environment = self.environment, self.environment | variables
        result = self.command(*arguments, check=False)
        self.environment = kept
        assert result.returncode == 1, result.stdout
        assert "Traceback" not in result.stderr
        return result.stderr

    def pid(self, name: str) -> int:
        return int(json.loads((self.state / "processes" / f"{name}.json").read_text())["pid"])

    def client(self, service: str, key: str = "", secret: str = "", retries: int = 0) -> Any:
        """A boto3 client, by default with the generated credentials and without retries."""
        aws = self.endpoints["aws"]
        return boto3.client(
            service,  # type: ignore[call-overload]
            region_name=REGION,
            endpoint_url=aws["endpoint_url"],
            aws_access_key_id=key or aws["access_key_id"],
            aws_secret_access_key=secret or aws["secret_access_key"],
            config=Config(retries={"mode": "standard", "total_max_attempts": retries + 1}),
        )

    def admin(self, method: str, name: str, content: object = None) -> Any:
        body = None if content is None else json.dumps(content).encode()
        url = f"{self.endpoints['aws']['admin_url']}/{name}"
        with urllib.request.urlopen(urllib.request.Request(url, body, method=method), timeout=60) as answer:
            return json.loads(answer.read())

    # Stacks

    def deploy(self, name: str, template: str) -> str:
        """Create or update a stack; the status it ends in."""
        cloudformation = self.client("cloudformation")
        arguments = {"StackName": name, "TemplateBody": template, "Capabilities": ["CAPABILITY_IAM"]}
        if self.stack(name):
            cloudformation.update_stack(**arguments)
        else:
            cloudformation.create_stack(**arguments)
        return self.settled(name)

    def settled(self, name: str) -> str:
        """The status of the stack once nothing is in progress; empty when it is gone."""
        return wait_for(lambda: _settled(self.stack(name)), f"stack {name}")

    def stack(self, name: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            assert "does not exist" in str(error)
            return None
        return found

    def url(self, name: str) -> str:
        """Where the stack's load balancer answers on this machine."""
        stack = self.stack(name)
        assert stack
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        return f"http://{outputs['DnsName']}"

    def service(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client("ecs").describe_services(cluster=name, services=[name])[
            "services"
        ][0]
        return found


def _settled(stack: dict[str, Any] | None) -> str | None:
    if stack is None:
        return ""
    status: str = stack["StackStatus"]
    return None if status.endswith("_IN_PROGRESS") else status


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return str(answer.read().decode())
