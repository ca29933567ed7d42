"""The actions through ansible-playbook itself: what a deployment asks, changes and prints."""

from __future__ import annotations

import json
import re
import secrets
import subprocess
from pathlib import Path

import pytest

from tests.unit.collection.gcp.conftest import TAGS, Gcp
from tests.unit.playing import play

PLAYBOOK = """
- hosts: localhost
  connection: local
  gather_facts: false
  module_defaults:
    group/ai_api.cloud.connection: "{{ target }}"
  vars:
    project: "projects/{{ target.project }}"
  tasks:
    - name: APIs
      ai_api.cloud.gcp_services:
        names: [artifactregistry.googleapis.com, run.googleapis.com, secretmanager.googleapis.com]
    - name: Account
      ai_api.cloud.gcp_resource:
        api: iam.v1
        collection: "{{ project }}/serviceAccounts"
        id: test-run
        labels: "{{ marks }}"
        shared_by: "{{ target.region }}"
        body: {displayName: Runs}
      register: account
    - name: Registry
      ai_api.cloud.gcp_resource:
        api: artifactregistry.v1
        collection: "{{ project }}/locations/{{ target.region }}/repositories"
        id: test
        labels: "{{ marks }}"
        body: {format: DOCKER, mode: STANDARD_REPOSITORY, cleanupPolicyDryRun: "{{ dry_run }}"}
    - name: Secret
      ai_api.cloud.gcp_resource:
        api: secretmanager.v1
        collection: "{{ project }}/secrets"
        id: test-key
        labels: "{{ marks }}"
        shared_by: "{{ target.region }}"
        body: {replication: {automatic: {}}}
        bindings:
          roles/secretmanager.secretAccessor: ["serviceAccount:{{ account.resource.email }}"]
    - name: Secret value
      ai_api.cloud.secret_value:
        reference: "{{ project }}/secrets/test-key"
        value: "{{ key }}"
    - name: Service
      ai_api.cloud.gcp_resource:
        api: run.v2
        collection: "{{ project }}/locations/{{ target.region }}/services"
        id: test
        labels: "{{ marks }}"
        body: {template: {timeout: 300, containers: [{image: i}]}}
      when: wrong
    - name: List
      ai_api.cloud.owned_resources:
        tags: "{{ marks }}"
      register: owned
    - name: Say what is there
      ansible.builtin.debug:
        msg: "{{ owned.resources | map(attribute='name') | join(' ') }}"
"""


class Play:
    """The playbook against the test's project; ``key`` is the secret that must appear nowhere."""

    def __init__(self, cloud: Gcp, folder: Path) -> None:
        self.key = f"planted-{secrets.token_urlsafe()}"
        self._cloud, self._folder = cloud, folder
        (folder / "play.yml").write_text(PLAYBOOK)

    def run(self, *options: str, **variables: bool) -> subprocess.CompletedProcess[str]:
        given = {"wrong": False, "dry_run": False, **variables}
        content = {"target": self._cloud.connection, "marks": TAGS, "key": self.key, **given}
        (self._folder / "variables.json").write_text(json.dumps(content))
        self._cloud.forget_calls()
        done = play(self._folder / "play.yml", "-e", f"@{self._folder}/variables.json", *options)
        assert self.key not in done.stdout + done.stderr
        return done


@pytest.fixture
def playbook(project: Gcp, tmp_path: Path) -> Play:
    return Play(project, tmp_path)


def changed(done: subprocess.CompletedProcess[str]) -> int:
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"changed=(\d+)", done.stdout)
    assert found
    return int(found.group(1))


def test_a_deployment_from_nothing_to_no_change(playbook: Play, project: Gcp) -> None:
    check = playbook.run("--check", "--diff")
    assert changed(check) == 5 and project.changes == []
    assert "artifactregistry.googleapis.com.state" in check.stdout
    assert "Secret test-key.bindings[roles/secretmanager.secretAccessor]" in check.stdout

    first = playbook.run("-vvv", "--diff")
    assert changed(first) == 5 and "(hidden) another value" in first.stdout
    assert "test test-run@rehearsal.iam.gserviceaccount.com test-key" in first.stdout

    assert changed(playbook.run("--diff")) == 0 and project.changes == []
    assert len(project.calls) == 1 + 1 + 1 + 2 + 1 + 4  # one read a resource, one a policy, a value, a list
    assert changed(playbook.run("--check", "--diff", dry_run=True)) == 1 and project.changes == []
    other = playbook.run("--diff", dry_run=True)
    assert changed(other) == 1 and "+    Repository test.cleanupPolicyDryRun: true" in other.stdout
    assert project.changes == ["artifactregistry repositories.patch"]


def test_a_wrong_body_fails_the_task_with_the_field_s_path(playbook: Play, project: Gcp) -> None:
    for options in ((), ("--check",)):
        done = playbook.run(*options, wrong=True)
        assert done.returncode == 2 and "service.template.timeout" in done.stdout
        assert "INVALID_ARGUMENT" in done.stdout and "Correct the field" in done.stdout
