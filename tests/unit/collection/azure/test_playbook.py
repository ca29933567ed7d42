"""The actions through ansible-playbook itself: what a deployment asks, changes and prints."""

from __future__ import annotations

import io
import json
import secrets
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.image import docker
from tests.unit.collection.azure.conftest import (
    REGION,
    ROOT,
    SECRETS_OFFICER,
    TAGS,
    WORKSPACE,
    WORKSPACES,
    Azure,
)

PLAYBOOK = """
- hosts: localhost
  connection: local
  gather_facts: false
  module_defaults:
    group/ai_api.cloud.connection: "{{ target }}"
  tasks:
    - name: Group
      ai_api.cloud.azure_resource:
        id: resourceGroups/test
        api_version: "2025-04-01"
        tags: "{{ marks }}"
        body: {location: "{{ region }}"}
      register: group
    - name: Workspace
      ai_api.cloud.azure_resource:
        id: "{{ group.resource.id }}/providers/Microsoft.OperationalInsights/workspaces/test"
        api_version: "2025-07-01"
        tags: "{{ marks }}"
        body: {location: "{{ region }}", properties: {retentionInDays: "{{ days }}"}}
        poll_interval: 0.05
      register: workspace
    - name: Keys
      ai_api.cloud.azure_action:
        id: "{{ workspace.resource.id }}"
        api_version: "2025-07-01"
        action: sharedKeys
      register: keys
      no_log: true
    - name: Environment
      ai_api.cloud.azure_resource:
        id: "{{ group.resource.id }}/providers/Microsoft.App/managedEnvironments/test"
        api_version: "2025-07-01"
        tags: "{{ marks }}"
        body:
          location: "{{ region }}"
          properties:
            appLogsConfiguration:
              destination: log-analytics
              logAnalyticsConfiguration:
                customerId: "{{ workspace.resource.properties.customerId }}"
                sharedKey: "{{ keys.result.primarySharedKey }}"
        poll_interval: 0.05
    - name: Vault
      ai_api.cloud.azure_resource:
        id: "{{ group.resource.id }}/providers/Microsoft.KeyVault/vaults/test-vault"
        api_version: "2026-05-15"
        tags: "{{ marks }}"
        body:
          location: "{{ region }}"
          properties:
            tenantId: "{{ target.tenant_id }}"
            sku: {family: A, name: standard}
            enableRbacAuthorization: true
            softDeleteRetentionInDays: 7
      register: vault
    - name: Role
      ai_api.cloud.azure_role_assignment:
        scope: "{{ vault.resource.id }}"
        role: "{{ role }}"
        tags: "{{ marks }}"
    - name: Secret value
      ai_api.cloud.secret_value:
        reference: "{{ vault.resource.properties.vaultUri }}secrets/openai-key"
        value: "{{ key }}"
    - name: Registry
      ai_api.cloud.azure_resource:
        id: "{{ group.resource.id }}/providers/Microsoft.ContainerRegistry/registries/testregistry"
        api_version: "2025-11-01"
        tags: "{{ marks }}"
        body: {location: "{{ region }}", sku: {name: Standard}, properties: {adminUserEnabled: false}}
        poll_interval: 0.05
      register: registry
    - name: Push
      ai_api.cloud.image_push:
        image: "{{ image }}"
        repository: "{{ registry.resource.properties.loginServer }}/ai-api"
        push_host: "{{ push_host }}"
      register: pushed
    - name: Logs
      ai_api.cloud.service_logs:
        log_reference: "{{ workspace.resource.properties.customerId }}/test"
      when: not ansible_check_mode
    - name: List
      ai_api.cloud.owned_resources:
        tags: "{{ marks }}"
      register: owned
"""


@pytest.fixture
def image() -> Iterator[str]:
    """The smallest image there is, different in every test."""
    name = f"ai-api-test-{secrets.token_hex(4)}:1"
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.addfile(tarfile.TarInfo(name))
    subprocess.run(["docker", "import", "-", name], input=archive.getvalue(), capture_output=True, check=True)
    yield name
    docker("image", "rm", "--force", docker("image", "inspect", "--format", "{{.Id}}", name))


class Play:
    """The playbook against the test's subscription; ``key`` is the secret that must appear nowhere."""

    def __init__(self, azure: Azure, image: str, folder: Path) -> None:
        self.key = f"planted-{secrets.token_urlsafe()}"
        self._azure = azure
        self._image = image
        self._folder = folder
        (folder / "play.yml").write_text(PLAYBOOK)

    def run(self, *options: str, days: int = 30, target: dict[str, Any] | None = None) -> str:
        variables = {
            "target": self._azure.connection | (target or {}),
            "marks": TAGS,
            "region": REGION,
            "role": SECRETS_OFFICER,
            "key": self.key,
            "days": days,
            "image": self._image,
            "push_host": f"127.0.0.1:{self._azure.config.port}",
        }
        (self._folder / "variables.json").write_text(json.dumps(variables))
        self._azure.forget_calls()
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


def test_a_deployment_from_the_empty_subscription_to_unchanged(
    azure: Azure, image: str, tmp_path: Path
) -> None:
    play = Play(azure, image, tmp_path)
    check = play.run("--check", "--diff", "-vvv")
    assert "failed=0" in check and "changed=8" in check, check[-3000:]
    assert "known after deployment" in check and azure.changes == []

    first = play.run("--diff", "-vvv")
    assert "failed=0" in first and "changed=8" in first, first[-3000:]

    again = play.run("-vvv")
    assert "failed=0" in again and "changed=0" in again, again[-3000:]
    assert azure.changes == []
    tokens = [call for call in azure.admin("GET", "calls") if "oauth2/v2.0/token" in call["action"]]
    assert sum(call["count"] for call in tokens) <= 4, (
        "one a run for each of ARM, vaults, registries and logs"
    )

    changed = play.run("--check", "--diff", "-vvv", days=60)
    assert "changed=1" in changed and azure.changes == []
    assert "properties.retentionInDays: 60" in changed

    shared = azure.job(WORKSPACE, WORKSPACES).send("POST", "ask", path="/sharedKeys")["primarySharedKey"]
    for output in (check, first, again, changed):
        for secret in (play.key, azure.config.client_secret, shared):
            assert secret not in output


def test_keys_are_not_asked_for_by_a_task_that_would_show_them(azure: Azure, tmp_path: Path) -> None:
    play = Play(azure, "none:1", tmp_path)
    text = (tmp_path / "play.yml").read_text()
    (tmp_path / "play.yml").write_text(text.replace("      no_log: true\n", ""))
    assert "Set no_log: true on the task." in play.run()


def test_wrong_credentials_are_explained_and_not_shown(azure: Azure, tmp_path: Path) -> None:
    output = Play(azure, "none:1", tmp_path).run("-vvv", target={"client_secret": "wrong-secret-of-mine"})
    assert "Cannot log in to Azure" in output and "failed=1" in output
    assert "wrong-secret-of-mine" not in output
