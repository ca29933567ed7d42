"""What the build runs, and what it says when that is not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.core.errors import CloudError
from ansible_collections.ai_api.cloud.plugins.module_utils.image import engine, packer, process


@pytest.fixture
def bare_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder as PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def require_packer() -> None:
    process.require("packer", ["packer"], "building the image", lambda line: None)


def test_every_line_is_shown_and_kept() -> None:
    shown: list[str] = []
    done = process.run(["sh", "-c", "echo one; echo; echo two >&2; exit 3"], shown.append)
    assert done == (3, "one\n\ntwo\n")
    assert shown == ["one", "two"]


def test_standard_input_reaches_the_program_and_nothing_else() -> None:
    shown: list[str] = []
    assert process.run(["wc", "-c"], shown.append, stdin="secret").output.strip() == "6"
    assert shown == ["6"]


def test_a_program_that_is_there_is_not_installed(bare_path: Path) -> None:
    program(bare_path, "packer", "exit 1")
    require_packer()


def test_a_missing_program_without_apt_is_named(bare_path: Path) -> None:
    with pytest.raises(CloudError, match=r"building the image needs packer.*Install packer and re-run"):
        require_packer()


def test_who_may_not_install_is_told_the_command(bare_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(bare_path, "apt-get", "exit 1")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(CloudError, match="Run `sudo apt-get install packer` and re-run"):
        require_packer()


def test_an_installation_that_fails_tells_why(bare_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(bare_path, "apt-get", "echo 'E: Unable to locate package'; exit 100")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(CloudError, match=r"(?s)failed:\nE: Unable to locate package"):
        require_packer()


def test_no_engine_installed(bare_path: Path) -> None:
    with pytest.raises(CloudError, match="needs a container engine, and there is no `docker` on PATH"):
        engine.inspect("python:3.11-slim")


def test_an_engine_that_does_not_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    with pytest.raises(CloudError, match=r"does not answer: .*docker\.sock.*Start it"):
        engine.inspect("python:3.11-slim")


def test_an_engine_that_belongs_to_others() -> None:
    error = engine.unusable("warning\npermission denied while trying to connect to the Docker daemon socket")
    assert "sudo usermod -aG docker $USER" in str(error)


def test_too_little_disk(bare_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(bare_path, "docker", f"echo {tmp_path}")
    engine.require_space()
    monkeypatch.setattr(engine, "NEEDED_BYTES", 1 << 62)
    with pytest.raises(CloudError, match=r"MB of disk in .* are free\. Free some"):
        engine.require_space()


@pytest.mark.parametrize(
    ("printed", "version"), [("Packer v1.6.6", (1, 6, 6)), ("Packer v1.14.2\n", (1, 14, 2)), ("?", (0,))]
)
def test_the_version_of_packer(bare_path: Path, printed: str, version: tuple[int, ...]) -> None:
    program(bare_path, "packer", f"echo '{printed}'")
    assert packer.version() == version


def test_newer_packers_fetch_their_plugins_first(bare_path: Path, project: Path) -> None:
    calls = bare_path / "calls"
    program(bare_path, "docker", "")
    program(bare_path, "packer", f'[ "$1" = version ] && echo 1.7.0 || echo "$1" >> {calls}')
    builder = packer.Packer(project, project / ".cache/context", {}, lambda line: None)
    builder.build("application", "below:1", "ai-api:2")
    assert calls.read_text().split() == ["init", "build"]


def test_a_failed_build_says_what_packer_said(bare_path: Path, project: Path) -> None:
    program(bare_path, "docker", "")
    program(bare_path, "packer", '[ "$1" = version ] && echo 1.6.6 || { echo "no space left"; exit 1; }')
    builder = packer.Packer(project, project / ".cache/context", {}, lambda line: None)
    with pytest.raises(CloudError, match=r"(?s)application layer .*no space left.*nothing was tagged"):
        builder.build("application", "below:1", "ai-api:2")


def test_the_variables_of_a_build(project: Path) -> None:
    builder = packer.Packer(project, project / "context", {"revision": "abc"}, lambda line: None)
    command = builder.arguments("application", "below:1", "host:5000/ai-api:2")
    assert command[:3] == ["packer", "build", "-color=false"]
    assert command[-1] == str(project / "packer")
    given = dict(argument.removeprefix("-var=").split("=", 1) for argument in command[3:-1])
    assert given.pop("ansible_playbook").endswith("ansible-playbook")
    assert given == {
        "context": str(project / "context"),
        "from": "below:1",
        "layer": "application",
        "repository": "host:5000/ai-api",
        "revision": "abc",
        "tag": "2",
    }


def test_milestones_are_shown_and_details_are_not() -> None:
    shown: list[str] = []
    for line in (
        "==> docker.layer: Starting docker container...",
        "    docker.layer: Container ID: 0123",
        "    docker.layer: TASK [Copy the application] ****************",
        "    docker.layer: changed: [default]",
    ):
        packer._show_milestone(line, shown.append)
    assert shown == ["Starting docker container...", "Copy the application"]
