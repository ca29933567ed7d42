"""Pushing: logins that leave nothing behind, and what is said when the registry does not answer."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from ansible_collections.ai_api.cloud.plugins.action.image_push import push_target, result
from ansible_collections.ai_api.cloud.plugins.module_utils.core.errors import CloudError
from ansible_collections.ai_api.cloud.plugins.module_utils.image.push import Login, push, throwaway_config

REPOSITORY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/ai-api"


def test_a_login_keeps_the_users_settings_and_none_of_the_users_logins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "contexts/meta").mkdir(parents=True)
    (tmp_path / "config.json").write_text(
        json.dumps(
            {
                "currentContext": "rootless",
                "auths": {"registry.example.com": {"auth": "c2VjcmV0"}},
                "credsStore": "desktop",
                "credHelpers": {"gcr.io": "gcloud"},
            }
        )
    )
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    before = (tmp_path / "config.json").read_text()
    with throwaway_config() as environment:
        folder = Path(environment["DOCKER_CONFIG"])
        assert json.loads((folder / "config.json").read_text()) == {"currentContext": "rootless"}
        assert (folder / "contexts/meta").is_dir()
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()
    assert (tmp_path / "contexts/meta").is_dir()
    assert (tmp_path / "config.json").read_text() == before


def test_the_password_is_in_no_argument(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docker = tmp_path / "docker"
    docker.write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/arguments\n[ "$1" = login ] && cat > {tmp_path}/stdin; :\n'
    )
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    shown: list[str] = []
    push("ai-api:1", f"{REPOSITORY}:1", Login("AWS", "hush"), shown.append)
    host = REPOSITORY.partition("/")[0]
    assert (tmp_path / "arguments").read_text().splitlines() == [
        f"tag ai-api:1 {REPOSITORY}:1",
        f"login --username AWS --password-stdin {host}",
        f"push {REPOSITORY}:1",
    ]
    assert (tmp_path / "stdin").read_text() == "hush"
    assert "hush" not in "".join(shown)


def test_an_image_that_was_not_built() -> None:
    with pytest.raises(CloudError, match=r"no image ai-api:never-built .*Build it first"):
        push("ai-api:never-built", f"{REPOSITORY}:1", Login("AWS", "x"), lambda line: None)


def test_a_rehearsal_pushes_to_its_own_host_under_the_same_name() -> None:
    assert push_target(REPOSITORY, "", "1") == f"{REPOSITORY}:1"
    assert push_target(REPOSITORY, "127.0.0.1:5000", "1") == "127.0.0.1:5000/team/ai-api:1"


def test_the_reference_names_the_real_repository_by_digest() -> None:
    assert result(REPOSITORY, "1", "sha256:ab")["reference"] == f"{REPOSITORY}@sha256:ab"
    assert "known after deployment" in result(REPOSITORY, "1", None)["reference"]
