"""The preflight as a user meets it: all problems at once, before anything else is done."""

from __future__ import annotations

import json
import secrets
import subprocess
from pathlib import Path

import pytest

from tests.support.ports import free_ports
from tests.support.rehearsal import Rehearsal
from tests.unit.playing import ROOT, play

PLAYBOOK = """
- hosts: aws
  gather_facts: false
  vars_files: [{root}/playbooks/group_vars/all.yml]
  module_defaults:
    group/ai_api.cloud.connection: "{{{{ target_connection }}}}"
  tasks:
    - name: Check everything that can be checked before the first change
      ai_api.cloud.preflight:
        roles_path: {root}/roles
        inventory_spec: {root}/inventories/argument_specs.yml
    - name: Read a stack of this deployment
      ai_api.cloud.aws_stack_info:
        name: "{{{{ deployment_name }}}}"
"""

REACHED = "TASK [Read a stack of this deployment]"


@pytest.fixture
def playbook(tmp_path: Path) -> Path:
    path = tmp_path / "play.yml"
    path.write_text(PLAYBOOK.format(root=ROOT))
    return path


def rehearse(playbook: Path, state: Path, **variables: object) -> subprocess.CompletedProcess[str]:
    inventory = ["-i", str(ROOT / "inventories" / "rehearsal"), "-e", json.dumps(variables)]
    return play(playbook, *inventory, env={"REHEARSAL_STATE": str(state)})


def produce(playbook: Path, **variables: object) -> subprocess.CompletedProcess[str]:
    inventory = ["-i", str(ROOT / "inventories" / "prod"), "-e", json.dumps(variables)]
    return play(playbook, *inventory, env={"OPENAI_API_KEY": "", "AWS_EC2_METADATA_DISABLED": "true"})


def test_stand_ins_that_do_not_run_are_one_problem_not_many(playbook: Path, tmp_path: Path) -> None:
    finished = rehearse(playbook, tmp_path)
    assert finished.returncode == 2
    assert REACHED not in finished.stdout
    assert "Nothing was changed. Problems found: 1\n" in finished.stdout
    assert "Start them: make rehearse, or python -m rehearsal up." in finished.stdout


def test_all_problems_are_reported_together(playbook: Path) -> None:
    finished = produce(playbook, service_cup=1, target_region="us-east1", autoscaling_max="many")
    assert finished.returncode == 2
    assert REACHED not in finished.stdout
    assert "Nothing was changed. Problems found: 4\n" in finished.stdout
    for name in ("service_cup", "target_region", "autoscaling_max", "provider key"):
        assert f"- {name}: expected " in finished.stdout
    assert "Did you mean us-east-1?" in finished.stdout


def test_no_credentials(playbook: Path, tmp_path: Path) -> None:
    key = secrets.token_urlsafe(20)
    empty = {"AWS_CONFIG_FILE": str(tmp_path / "none"), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none")}
    finished = play(
        playbook,
        *("-i", str(ROOT / "inventories" / "prod"), "-vvv"),
        env={"OPENAI_API_KEY": key, "AWS_EC2_METADATA_DISABLED": "true", **empty},
    )
    assert finished.returncode == 2
    assert "- credentials: expected credentials that the cloud accepts, found" in finished.stdout
    assert "AWS_ACCESS_KEY_ID" in finished.stdout
    assert key not in finished.stdout + finished.stderr


def test_a_cloud_that_cannot_be_reached(playbook: Path) -> None:
    [port] = free_ports(1)
    connection = {"cloud": "aws", "region": "us-east-1", "endpoint_url": f"http://127.0.0.1:{port}"}
    connection |= {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": secrets.token_urlsafe(20)}
    finished = produce(playbook, target_connection=connection, secret_store_openai_api_key="sk-test")
    assert finished.returncode == 2
    assert f"nothing answers at http://127.0.0.1:{port}" in finished.stdout
    assert connection["secret_access_key"] not in finished.stdout


def test_a_good_deployment_passes_and_says_who_deploys(
    playbook: Path, stand_ins: Rehearsal, tmp_path: Path
) -> None:
    finished = rehearse(playbook, stand_ins.state)
    assert "Problems found" not in finished.stdout
    assert REACHED in finished.stdout
    assert "There is no stack ai-api-rehearsal in us-east-1" in finished.stdout  # nothing was made


@pytest.mark.parametrize("part", ["access_key_id", "secret_access_key"])
def test_wrong_credentials(playbook: Path, stand_ins: Rehearsal, part: str) -> None:
    aws = stand_ins.endpoints["aws"]
    connection = {"cloud": "aws", "region": "us-east-1", "endpoint_url": aws["endpoint_url"]}
    connection |= {name: aws[name] for name in ("access_key_id", "secret_access_key")}
    connection[part] = aws[part][:-4] + "ABCD"
    finished = rehearse(playbook, stand_ins.state, target_connection=connection)
    assert finished.returncode == 2
    assert REACHED not in finished.stdout
    assert "- credentials: expected credentials that the cloud accepts, found" in finished.stdout
    assert connection["secret_access_key"] not in finished.stdout
