"""Building: once for every content, whole or not at all, and nothing secret in it."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.image import (
    ROOT,
    TASK,
    build,
    build_command,
    build_environment,
    built_image,
    docker,
    images,
)
from tests.support.waiting import wait_for


def layers(image: str) -> list[str]:
    return list(json.loads(docker("image", "inspect", "--format", "{{json .RootFS.Layers}}", image)))


def build_containers(project: Path) -> list[str]:
    return docker("ps", "--all", "--quiet", "--filter", f"volume={project}/.cache/image/context").split()


def start(project: Path, name: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        build_command(image_project=str(project), image_name=name),
        cwd=ROOT,
        env=build_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def descendants(pid: int) -> list[int]:
    rows = subprocess.run(
        ["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout.split("\n")
    parents = {int(row.split()[0]): int(row.split()[1]) for row in rows if row.strip()}
    found = [pid]
    for parent in found:
        found += [child for child, of in parents.items() if of == parent]
    return found


def test_unchanged_input_builds_nothing(image: str) -> None:
    before = docker("image", "inspect", "--format", "{{.Id}}", image)
    again = build()
    assert built_image(again) == image
    assert again.changed == []
    assert docker("image", "inspect", "--format", "{{.Id}}", image) == before


def test_a_changed_application_is_one_small_layer_as_check_mode_foretells(
    image: str, project: Path, name: str
) -> None:
    with (project / "app/errors.py").open("a") as file:
        file.write("\nCHANGED = True\n")
    foretold = build("--check", image_project=str(project), image_name=name)
    assert foretold.succeeded().changed == [TASK]
    assert images(name) == []
    changed = built_image(build(image_project=str(project), image_name=name))
    assert changed == built_image(foretold)
    assert layers(changed)[:-1] == layers(image)[:-1]
    assert layers(changed)[-1] != layers(image)[-1]


def test_an_application_that_cannot_be_imported_is_no_image(project: Path, name: str) -> None:
    (project / "app/main.py").write_text("import nothing_of_this_name\n")
    failed = build(image_project=str(project), image_name=name)
    assert failed.returncode != 0
    assert "No module named 'nothing_of_this_name'" in failed.failures[TASK]
    assert images(name) == []
    assert build_containers(project) == []


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_what_was_cut_short_is_no_image_and_running_again_makes_it(
    project: Path, name: str, how: signal.Signals
) -> None:
    process = start(project, name)
    wait_for(lambda: build_containers(project) or None, "the build has a container")
    for pid in descendants(process.pid) if how is signal.SIGKILL else [process.pid]:
        os.kill(pid, how)
    process.communicate()
    assert images(name) == []
    image = built_image(build(image_project=str(project), image_name=name))
    assert images(name) == [image]
    assert build_containers(project) == []


def test_two_runs_at_once_build_once(project: Path, name: str) -> None:
    both = [start(project, name), start(project, name)]
    outputs = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    reports = [json.loads(output[output.index("{\n") :]) for output in outputs]
    assert sorted(report["stats"]["localhost"]["changed"] for report in reports) == [0, 1]
    assert len(images(name)) == 1


def test_a_planted_secret_is_in_no_layer(project: Path, name: str) -> None:
    planted = secrets.token_urlsafe(32)
    (project / ".env").write_text(f"OPENAI_API_KEY={planted}\n")
    (project / "app/.env").write_text(f"OPENAI_API_KEY={planted}\n")
    environment = {"OPENAI_API_KEY": planted, "AWS_SECRET_ACCESS_KEY": planted, "DOCKER_AUTH_CONFIG": planted}
    run = build(environment=environment, image_project=str(project), image_name=name)
    image = built_image(run)
    assert planted not in run.stdout + run.stderr
    assert planted not in docker("history", "--no-trunc", image)
    assert planted not in docker("image", "inspect", image)
    with subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as saved:
        assert saved.stdout
        tail = b""
        total = 0
        while chunk := saved.stdout.read(1 << 20):
            assert planted.encode() not in tail + chunk
            tail = chunk[-len(planted) :]
            total += len(chunk)
    assert total > 100 << 20  # every layer was looked at


def test_a_state_folder_that_cannot_be_written(project: Path, name: str) -> None:
    (project / ".cache").write_text("a file where a folder should be")
    failed = build(image_project=str(project), image_name=name)
    assert failed.returncode != 0
    assert f"{project}/.cache/image cannot be written" in failed.failures[TASK]


def test_a_base_that_can_only_be_pulled_and_cannot(project: Path, name: str) -> None:
    failed = build(
        image_project=str(project),
        image_name=name,
        image_base="127.0.0.1:1/no/registry:here",
        image_base_source="registry",
    )
    assert failed.returncode != 0
    assert "127.0.0.1:1/no/registry:here cannot be pulled" in failed.failures[TASK]
    assert "image_base_source: auto" in failed.failures[TASK]
