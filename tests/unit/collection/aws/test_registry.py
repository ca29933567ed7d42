"""ECR as image_push uses it: one read where the image is there, and a real push where it is not."""

from __future__ import annotations

import io
import json
import os
import secrets
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.aws.registry import Registry
from ansible_collections.ai_api.cloud.plugins.module_utils.core.errors import CloudError

from tests.support.image import docker
from tests.unit.collection.conftest import ROOT, Cloud

ACCOUNT = "000000000000"  # the only one that a registry client, which signs nothing, can mean
PLAYBOOK = """
- hosts: localhost
  connection: local
  gather_facts: false
  module_defaults:
    group/ai_api.cloud.connection: "{{ connection }}"
  tasks:
    - name: Push
      ai_api.cloud.image_push:
        image: "{{ image }}"
        repository: "{{ repository }}"
        push_host: "{{ push_host }}"
      register: pushed
    - name: Show
      ansible.builtin.debug:
        var: pushed
"""


@pytest.fixture
def registry(cloud: Cloud) -> Registry:
    """A repository without images."""
    cloud.connection["access_key_id"] = ACCOUNT
    name = f"test-{secrets.token_hex(4)}"
    made = cloud.client("ecr").create_repository(repositoryName=name)["repository"]
    cloud.front.calls.clear()
    return Registry(cloud.connection, made["repositoryUri"])


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
    def __init__(self, cloud: Cloud, ministack: str, address: str, image: str, folder: Path) -> None:
        self._cloud = cloud
        self._folder = folder
        self._variables = {
            "image": image,
            "repository": address,
            "push_host": urlsplit(ministack).netloc,
            "connection": cloud.connection,
        }
        (folder / "play.yml").write_text(PLAYBOOK)
        (folder / "variables.json").write_text(json.dumps(self._variables))

    def run(self, *options: str) -> str:
        self._cloud.front.calls.clear()
        command = [str(ROOT / ".venv/bin/ansible-playbook"), f"{self._folder}/play.yml", "-i", "localhost,"]
        command += ["-e", f"@{self._folder}/variables.json", *options]
        environment = os.environ | {"ANSIBLE_CALLBACK_RESULT_FORMAT": "json"}  # yaml would fold long lines
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr


def test_an_image_that_is_not_there_yet(registry: Registry) -> None:
    assert registry.digest("1") is None


def test_a_repository_that_is_not_there_yet(cloud: Cloud) -> None:
    missing = Registry(cloud.connection, f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/nowhere")
    with pytest.raises(CloudError, match=r"no ECR repository nowhere .*Apply the registry role first"):
        missing.digest("1")


def test_a_login(registry: Registry) -> None:
    login = registry.login()
    assert login.user == "AWS"
    assert login.password


def test_an_image_is_pushed_once_and_then_costs_one_read(
    cloud: Cloud, ministack: str, registry: Registry, image: str, tmp_path: Path
) -> None:
    play = Play(cloud, ministack, registry.address, image, tmp_path)

    check = play.run("--check")
    assert "changed=1" in check and "failed=0" in check
    assert f"{registry.address}@<digest of 1, known after deployment>" in check
    assert registry.digest("1") is None

    first = play.run("-vvv")
    assert "changed=1" in first and "failed=0" in first
    digest = registry.digest("1")
    assert digest and f'"{registry.address}@{digest}"' in first
    assert registry.login().password not in first

    again = play.run()
    assert "changed=0" in again and "failed=0" in again
    assert f'"{registry.address}@{digest}"' in again
    assert cloud.front.calls == ["DescribeImages"]
