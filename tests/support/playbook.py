"""Runs the playbooks as a user does and reads what they say."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import docker
import httpx

from rehearsal.core.labels import INSTANCE_LABEL
from tests.support.clouds import CLOUDS
from tests.support.rehearsal import ROOT, Rehearsal


@dataclass(frozen=True)
class Run:
    """A finished ``ansible-playbook``; ``stdout`` is the report of Ansible's json callback."""

    returncode: int
    stdout: str
    stderr: str

    @cached_property
    def report(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self.stdout[self.stdout.index("{\n") :])
        return loaded

    @cached_property
    def results(self) -> dict[str, dict[str, Any]]:
        """Task name without its role -> its result, of the first host that ran it."""
        return {
            task["task"]["name"].rpartition(" : ")[2]: next(iter(task["hosts"].values()))
            for play in self.report["plays"]
            for task in play["tasks"]
            if task["hosts"]
        }

    def of_all(self, task_name: str) -> dict[str, dict[str, Any]]:
        """Target -> its result of the task, whatever role that is in."""
        return {
            target: result
            for play in self.report["plays"]
            for task in play["tasks"]
            if task["task"]["name"].rpartition(" : ")[2] == task_name
            for target, result in task["hosts"].items()
        }

    @property
    def changed_targets(self) -> set[str]:
        return {name for name, counts in self.report["stats"].items() if counts["changed"]}

    @property
    def changed(self) -> list[str]:
        return [name for name, result in self.results.items() if result.get("changed")]

    @property
    def failures(self) -> dict[str, str]:
        return {name: _message(result) for name, result in self.results.items() if result.get("failed")}

    def succeeded(self) -> Run:
        assert self.returncode == 0, f"{self.failures}\n{self.stderr[-2000:]}\n{self.stdout[-3000:]}"
        return self


def _message(result: dict[str, Any]) -> str:
    """What a failed task says; of a loop, what its failed items say."""
    failed = [item for item in result.get("results", []) if item.get("failed")]
    return "\n".join(str(each.get("msg")) for each in failed or [result])


def play(command: list[str], environment: dict[str, str]) -> Run:
    finished = subprocess.run(
        command,
        cwd=ROOT,
        env=environment | {"ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"},
        capture_output=True,
        text=True,
        check=False,
    )
    return Run(finished.returncode, finished.stdout, finished.stderr)


def developers_environment(rehearsal: Rehearsal) -> dict[str, str]:
    """A key of the developer's own lies about, and must not be used: the stand-in provider refuses it."""
    return {**os.environ, **rehearsal.environment, "OPENAI_API_KEY": "a-key-of-the-developers-own"}


class Target:
    """One deployment in the rehearsal, on one cloud."""

    def __init__(self, rehearsal: Rehearsal, name: str, cloud: str = "aws", **settings: object) -> None:
        self.rehearsal = rehearsal
        self.cloud = CLOUDS[cloud](rehearsal)
        self.name = name
        self.settings = {"deployment_name": name, **settings}

    def play(self, playbook: str, *options: str, **variables: object) -> Run:
        return play(self.command(playbook, *options, **variables), self.environment)

    def command(self, playbook: str, *options: str, **variables: object) -> list[str]:
        extra = json.dumps(self.settings | variables)
        inventory = ["-i", "inventories/rehearsal", "--limit", self.cloud.name]
        return ["ansible-playbook", playbook, *inventory, "-e", extra, *options]

    def deploy(self, *options: str, **variables: object) -> Run:
        return self.play("deploy.yml", *options, **variables)

    def cleanup(self, **variables: object) -> Run:
        return self.play("cleanup.yml", confirm=self.name, **variables)

    @property
    def url(self) -> str:
        return self.cloud.url(self.name)

    def post(self, path: str, content: object) -> httpx.Response:
        """Ask the service, from outside."""
        return httpx.post(f"{self.url}{path}", json=content, timeout=30, verify=self.cloud.trust)

    def containers(self) -> list[Any]:
        """Those of it that run; another rehearsal on this machine may have some of the same name."""
        instance = json.loads((self.rehearsal.state / "credentials.json").read_text())["instance"]
        ours = {"name": self.name, "label": f"{INSTANCE_LABEL}={instance}"}
        return list(docker.from_env().containers.list(filters=ours))

    def mutating_calls(self) -> list[str]:
        """What changed the cloud since the last ``forget_calls``."""
        return self.rehearsal.mutating_calls(self.cloud.name)

    def forget_calls(self) -> None:
        self.rehearsal.forget_calls(self.cloud.name)

    @property
    def environment(self) -> dict[str, str]:
        return developers_environment(self.rehearsal)
