"""The actions through ansible-playbook itself: what a deployment asks, changes and prints."""

from __future__ import annotations

import json
import secrets
import subprocess
from pathlib import Path

import pytest

from tests.unit.collection.conftest import ROOT, TAGS, Cloud

PLAYBOOK = """
- hosts: localhost
  connection: local
  gather_facts: false
  module_defaults:
    group/ai_api.cloud.connection: "{{ target }}"
  tasks:
    - name: Platform
      ai_api.cloud.aws_stack:
        name: ai-platform
        template: "{{ root }}/roles/platform/files/cloudformation.yml"
        parameters: {Name: test, RepositoryName: test, SecretPrefix: test/, LogRetentionDays: "{{ days }}"}
        capabilities: [CAPABILITY_IAM]
        tags: "{{ marks }}"
    - name: Registry
      ai_api.cloud.aws_stack:
        name: ai-registry
        template: "{{ root }}/roles/registry/files/cloudformation.yml"
        parameters: {RepositoryName: test, KeepImages: 10, UntaggedDays: 1}
        protected_resources: [Repository]
        tags: "{{ marks }}"
      register: registry
    - name: Secret store
      ai_api.cloud.aws_stack:
        name: ai-secret-store
        template: "{{ root }}/roles/secret_store/files/cloudformation.yml"
        parameters: {ProviderKeyName: test/key}
        tags: "{{ marks }}"
    - name: Secret value
      ai_api.cloud.secret_value:
        reference: test/key
        value: "{{ key }}"
    - name: Use an output
      ansible.builtin.debug:
        msg: "{{ registry.outputs.RepositoryUri }}"
    - name: List
      ai_api.cloud.owned_resources:
        tags: "{{ marks }}"
"""


class Play:
    """The playbook against the test's account; ``key`` is the secret that must appear nowhere."""

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        self.key = f"planted-{secrets.token_urlsafe()}"
        self._cloud = cloud
        self._folder = folder
        (folder / "play.yml").write_text(PLAYBOOK)

    def run(self, *options: str, days: int = 30, target: dict[str, str] | None = None) -> str:
        variables = {
            "root": str(ROOT),
            "target": self._cloud.connection | (target or {}),
            "marks": TAGS,
            "key": self.key,
            "days": days,
        }
        (self._folder / "variables.json").write_text(json.dumps(variables))
        self._cloud.front.calls.clear()
        finished = subprocess.run(
            [
                ROOT / ".venv/bin/ansible-playbook",
                self._folder / "play.yml",
                *("-i", "localhost,", "-e", f"@{self._folder}/variables.json", *options),
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        return finished.stdout + finished.stderr


@pytest.fixture
def play(cloud: Cloud, tmp_path: Path) -> Play:
    return Play(cloud, tmp_path)


def test_a_deployment_from_the_empty_account_to_unchanged(cloud: Cloud, play: Play) -> None:
    check = play.run("--check", "--diff", "-vvv")
    assert "failed=0" in check and "changed=4" in check
    assert "<output RepositoryUri of ai-registry, known after deployment>" in check
    assert "+    LogGroup.RetentionInDays: '30'" in check
    assert cloud.front.changes == []

    first = play.run("--diff", "-vvv")
    assert "failed=0" in first and "changed=4" in first

    again = play.run("-vvv")
    assert "failed=0" in again and "changed=0" in again
    assert cloud.front.changes == []
    assert cloud.front.calls[:4] == ["DescribeStacks"] * 3 + ["GetSecretValue"]

    changed = play.run("--check", "--diff", "-vvv", days=60)
    assert "changed=1" in changed
    assert "-    LogGroup.RetentionInDays: '30'" in changed
    assert "+    LogGroup.RetentionInDays: '60'" in changed

    for output in (check, first, again, changed):
        assert play.key not in output
        assert cloud.connection["secret_access_key"] not in output


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ({"region": "eu west"}, "is not the name of an AWS region"),
        ({"cloud": "moon"}, "value of cloud must be one of: aws, gcp, azure, got: moon"),
        ({"endpoint_url": "http://127.0.0.1:9"}, "nothing answers at http://127.0.0.1:9"),
    ],
)
def test_bad_input_stops_at_the_first_task(
    cloud: Cloud, play: Play, target: dict[str, str], said: str
) -> None:
    output = play.run("-vvv", target=target)
    assert said in " ".join(output.split()) and "failed=1" in output
    assert cloud.front.calls == [] and play.key not in output


def test_a_refused_secret_is_not_printed(cloud: Cloud, play: Play) -> None:
    play.run()
    cloud.front.fail("GetSecretValue", (400, "AccessDeniedException"))
    output = play.run("-vvv")
    assert "Cannot read secret test/key" in output and "AccessDeniedException" in output
    assert play.key not in output
