"""The service's log in the cloud: read in bounds, and searched by the verification."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.aws.logs import read_lines
from ansible_collections.ai_api.cloud.plugins.module_utils.core.errors import CloudError

from tests.support.rehearsal import Rehearsal
from tests.unit.playing import play
from tests.unit.verification.flawed import ORIGIN, Flawed
from tests.unit.verification.serving import serving

NOW = datetime.now(UTC)


@pytest.fixture
def connection(stand_ins: Rehearsal) -> dict[str, str]:
    aws = stand_ins.endpoints["aws"]
    given = {name: aws[name] for name in ("endpoint_url", "access_key_id", "secret_access_key")}
    return {"cloud": "aws", "region": "us-east-1", **given}


class Log:
    """A log group with one stream, as a deployed service writes it."""

    def __init__(self, api: Any) -> None:
        self.api = api
        self.group = f"/ai-api/{secrets.token_hex(4)}"
        api.create_log_group(logGroupName=self.group)
        api.create_log_stream(logGroupName=self.group, logStreamName="task")

    def write(self, lines: Mapping[datetime, str]) -> None:
        events = [{"timestamp": int(at.timestamp() * 1000), "message": text} for at, text in lines.items()]
        self.api.put_log_events(logGroupName=self.group, logStreamName="task", logEvents=events)


@pytest.fixture
def log(stand_ins: Rehearsal) -> Iterator[Log]:
    made = Log(stand_ins.aws("logs"))
    yield made
    made.api.delete_log_group(logGroupName=made.group)


def test_lines_are_read_from_a_time_on_and_in_bounds(connection: dict[str, str], log: Log) -> None:
    log.write({NOW - timedelta(minutes=60 - number): f"line {number}" for number in range(60)})
    lines = read_lines(connection, log.group, NOW - timedelta(minutes=10, seconds=1), count=5)
    assert [line.message for line in lines] == [f"line {number}" for number in range(50, 55)]
    assert lines[0].source == "task"
    assert abs(lines[0].time - (NOW - timedelta(minutes=10))) < timedelta(seconds=1)


def test_a_log_that_is_not_there_is_said(connection: dict[str, str]) -> None:
    with pytest.raises(CloudError, match=r"Cannot read log group /ai-api/none.*ResourceNotFoundException"):
        read_lines(connection, "/ai-api/none", NOW, count=5)


def test_the_action_tells_whether_these_are_all_lines(
    connection: dict[str, str], log: Log, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    log.write({now: "first", now + timedelta(milliseconds=1): "second"})
    playbook = tmp_path / "play.yml"
    wanted = "read.lines | map(attribute='message') == ['first'] and not read.complete"
    tasks = [
        {
            "ai_api.cloud.service_logs": {**connection, "log_reference": log.group, "count": 1},
            "register": "read",
        },
        {"ansible.builtin.assert": {"that": wanted}},
    ]
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    finished = play(playbook)
    assert finished.returncode == 0, finished.stdout


class Logged(Flawed):
    """A service whose lines go to the cloud."""

    def __init__(self, log: Log, flaw: str = "") -> None:
        super().__init__(flaw)
        self.log = log

    async def _generated(self, prompt: str, request_id: str) -> Any:
        response = await super()._generated(prompt, request_id)
        self.log.write({line.time: line.message for line in self.lines})
        return response


@pytest.fixture
def deployment(stand_ins: Rehearsal, log: Log) -> Iterator[Callable[[str], str]]:
    """Makes the stacks of a deployment whose service answers at a URL, and returns its name."""
    cloudformation, name = stand_ins.aws("cloudformation"), f"verified-{secrets.token_hex(4)}"
    stacks: list[str] = []

    def make(url: str) -> str:
        for capability, output, value in (("service", "Url", url), ("platform", "LogGroup", log.group)):
            template = {
                "Resources": {"Something": {"Type": "AWS::Logs::LogGroup"}},
                "Outputs": {output: {"Value": value}},
            }
            stacks.append(f"{name}-{capability}")
            cloudformation.create_stack(StackName=stacks[-1], TemplateBody=json.dumps(template))
            cloudformation.get_waiter("stack_create_complete").wait(StackName=stacks[-1])
        return name

    yield make
    for stack in stacks:
        cloudformation.delete_stack(StackName=stack)


@pytest.mark.parametrize("flaw", ["", "logs the prompt"])
def test_a_deployment_is_found_by_its_stacks_and_verified_with_its_log(
    connection: dict[str, str], log: Log, deployment: Callable[[str], str], tmp_path: Path, flaw: str
) -> None:
    key = f"sk-{secrets.token_urlsafe(32)}"
    with serving(Logged(log, flaw).app) as url:
        target = {
            "ansible_connection": "local",
            "deployment_name": deployment(url),
            "target_cloud": "aws",
            "target_connection": connection,
            "service_allowed_origins": [ORIGIN],
            "secret_store_openai_api_key": key,
            "verify_report_folder": str(tmp_path),
        }
        inventory = tmp_path / "hosts.json"
        inventory.write_text(json.dumps({"aws": {"hosts": {"aws-us-east-1": target}}}))
        finished = play("verify.yml", "-i", str(inventory))
    assert "changed=0" in finished.stdout
    report = json.loads((tmp_path / "verify-aws-us-east-1.json").read_text())
    outcomes = {finding["name"]: finding["outcome"] for finding in report["findings"]}
    assert outcomes.pop("confidential logs") == ("failed" if flaw else "passed")
    assert set(outcomes.values()) == {"passed"}
    assert finished.returncode == (2 if flaw else 0), finished.stdout
    assert key not in finished.stdout


def test_a_deployment_that_is_not_there_is_said(connection: dict[str, str], tmp_path: Path) -> None:
    target = {"deployment_name": "nothing", "target_cloud": "aws", "target_connection": connection}
    inventory = tmp_path / "hosts.json"
    inventory.write_text(json.dumps({"aws": {"hosts": {"aws-us-east-1": target}}}))
    finished = play("verify.yml", "-i", str(inventory))
    assert finished.returncode == 2
    assert "There is no stack nothing-service in us-east-1. Deploy first" in finished.stdout
