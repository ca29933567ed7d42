"""ECR as the docker client sees it: login, push, pull by digest, and refusals."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.rehearsal.harness import Harness, get
from tests.unit.rehearsal.stack import template


class Docker:
    """The docker client with a throwaway configuration."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, *arguments: str, said: str = "") -> str:
        result = self.run(*arguments, said=said)
        assert result.returncode == 0, result.stderr
        return result.stdout.strip()

    def run(self, *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
        command = ["docker", "--config", str(self._folder), *arguments]
        return subprocess.run(command, input=said, capture_output=True, text=True, check=False)


@pytest.fixture
def docker(aws: Harness, tmp_path: Path) -> Iterator[Docker]:
    """Logged in with ECR's own token."""
    client = Docker(tmp_path)
    token = aws.client("ecr").get_authorization_token()["authorizationData"][0]["authorizationToken"]
    user, _, password = base64.b64decode(token).decode().partition(":")
    client("login", "--username", user, "--password-stdin", host(aws), said=password)
    yield client


def host(aws: Harness) -> str:
    return str(aws.endpoints["aws"]["registry_host"])


def push(aws: Harness, docker: Docker, image: str, tag: str, **options: Any) -> str:
    """Push to a repository of the tag's name; the digest that ECR lists."""
    name = tag.partition(":")[0]
    aws.client("ecr").create_repository(repositoryName=name, **options)
    docker("tag", image, f"{host(aws)}/{tag}")
    docker("push", "--quiet", f"{host(aws)}/{tag}")
    [details] = aws.client("ecr").describe_images(repositoryName=name)["imageDetails"]
    assert details["imageTags"] == [tag.partition(":")[2]]
    return str(details["imageDigest"])


def test_a_service_runs_an_image_that_only_ecr_has(aws: Harness, docker: Docker, image: str) -> None:
    digest = push(aws, docker, image, "team/app:1")
    local = f"{host(aws)}/team/app@{digest}"
    docker("rmi", local, f"{host(aws)}/team/app:1")

    repository = aws.client("ecr").describe_repositories()["repositories"][0]["repositoryUri"]
    assert aws.deploy("ecr", template(f"{repository}@{digest}", {"VERSION": "from ECR"})) == "CREATE_COMPLETE"
    assert get(aws.url("ecr")) == "from ECR"


def test_the_docker_client_pulls_what_it_pushed(aws: Harness, docker: Docker, image: str) -> None:
    digest = push(aws, docker, image, "app:1")
    name = f"{host(aws)}/app@{digest}"
    docker("rmi", name, f"{host(aws)}/app:1")
    docker("pull", "--quiet", name)
    [found] = json.loads(docker("image", "inspect", name))
    assert name in found["RepoDigests"]


def test_a_tag_that_is_immutable_stays(aws: Harness, docker: Docker, image: str) -> None:
    push(aws, docker, image, "app:1", imageTagMutability="IMMUTABLE")
    docker("build", "--quiet", "--tag", f"{host(aws)}/app:1", "-", said=f"FROM {image}\nLABEL other=1\n")
    result = docker.run("push", f"{host(aws)}/app:1")
    assert result.returncode != 0
    assert "immutable" in result.stderr


def test_an_unknown_repository_is_refused(aws: Harness, docker: Docker, image: str) -> None:
    docker("tag", image, f"{host(aws)}/nowhere:1")
    result = docker.run("push", f"{host(aws)}/nowhere:1")
    docker("rmi", f"{host(aws)}/nowhere:1")
    assert "The repository with name 'nowhere' does not exist" in result.stderr


def test_a_wrong_password_is_refused(aws: Harness, tmp_path: Path) -> None:
    result = Docker(tmp_path).run("login", "--username", "AWS", "--password-stdin", host(aws), said="wrong")
    assert "401" in result.stderr


def test_a_token_holds_for_its_region(aws: Harness, docker: Docker, image: str) -> None:
    """The docker fixture's login is for eu-central-1, as the tests' clients are."""
    other = aws.aws("ecr", region="us-west-2")
    other.create_repository(repositoryName="elsewhere")
    docker("tag", image, f"{host(aws)}/elsewhere:1")
    assert docker.run("push", f"{host(aws)}/elsewhere:1").returncode != 0
    docker("rmi", f"{host(aws)}/elsewhere:1")
