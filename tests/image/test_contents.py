"""What is in the image, by Packer and by the Dockerfile alike."""

from __future__ import annotations

import re
import shutil
import tarfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.image.build import plan
from ansible_collections.ai_api.cloud.plugins.module_utils.image.order import Order

from tests.support.image import build, built_image, config, docker, files

BUILD_LABELS = {"org.opencontainers.image.version", "org.opencontainers.image.revision"}
# Debian's base has distutils of its own, without the means to install anything.
INSTALLER = re.compile(
    r"(^|/)(pip[\d.]*|ensurepip|setuptools|wheel|easy_install|apt|apt-get|gcc|cc|make)(/|$)"
)


def installers(paths: Iterable[str]) -> list[str]:
    return [
        path
        for path in paths
        if INSTALLER.search(path) and not path.startswith(("etc/", "var/", "usr/share/"))
    ]


def test_packer_and_the_dockerfile_make_the_same(
    image: str, dockerfile_project: Path, base: str, name: str
) -> None:
    other = f"{name}:dockerfile"
    docker("build", f"--build-arg=BASE_IMAGE={base}", f"--tag={other}", str(dockerfile_project))
    ours, theirs = config(image), config(other)
    for part in ("Cmd", "Entrypoint", "Env", "ExposedPorts", "Healthcheck", "User", "Volumes", "WorkingDir"):
        assert ours.get(part) == theirs.get(part), part
    assert ours["Labels"].keys() - theirs["Labels"].keys() == BUILD_LABELS
    assert theirs["Labels"].items() <= ours["Labels"].items()
    assert files(image) == files(other)


def test_what_lies_about_beside_the_code_does_not_go_in(
    dockerfile_project: Path, base: str, name: str
) -> None:
    command = ("build", f"--build-arg=BASE_IMAGE={base}", f"--tag={name}:dockerfile", str(dockerfile_project))
    docker(*command)
    before = files(f"{name}:dockerfile")
    (dockerfile_project / "app/.env").write_text("OPENAI_API_KEY=planted")
    (dockerfile_project / "app/__pycache__").mkdir()
    (dockerfile_project / "app/__pycache__/main.cpython-39.pyc").write_bytes(b"stale")
    docker(*command)
    assert files(f"{name}:dockerfile") == before


def test_labels_say_what_it_is_and_where_it_comes_from(image: str) -> None:
    labels = config(image)["Labels"]
    assert labels["org.opencontainers.image.title"] == "ai-api"
    assert labels["org.opencontainers.image.version"] == image.rpartition(":")[2]
    assert re.fullmatch(r"[0-9a-f]{40}(-dirty)?|unknown", labels["org.opencontainers.image.revision"])


def test_nothing_in_it_installs_or_builds(image: str) -> None:
    assert installers(files(image)) == []


def test_the_application_belongs_to_root_and_nobody_else_may_write(image: str) -> None:
    ours = {path: found for path, found in files(image).items() if path.startswith("opt/ai-api/")}
    assert "opt/ai-api/app/main.py" in ours
    assert any(re.fullmatch(r"opt/ai-api/app/__pycache__/main\..*\.pyc", path) for path in ours)
    for path, (mode, uid, gid, *_) in ours.items():
        assert (uid, gid) == (0, 0), path
        assert int(str(mode), 8) & 0o022 == 0, path


@pytest.fixture
def base_with_pip(wheels: Path, base: str, name: str, tmp_path: Path) -> str:
    """A base that has pip where python:3.11-slim has it, in the folders of the site."""
    (pip,) = wheels.glob("pip-*.whl")
    shutil.copy(pip, tmp_path)
    command = f"python3 /{pip.name}/pip install --break-system-packages --no-index --quiet /{pip.name}"
    (tmp_path / "Dockerfile").write_text(f"FROM {base}\nCOPY {pip.name} /\nRUN {command} && rm /{pip.name}\n")
    docker("build", "--tag", f"{name}:with-pip", "--file", str(tmp_path / "Dockerfile"), str(tmp_path))
    return f"{name}:with-pip"


def test_a_base_with_pip_gives_an_image_without(
    image: str, project: Path, base_with_pip: str, name: str
) -> None:
    assert installers(files(base_with_pip))
    made = built_image(build(image_project=str(project), image_name=name, image_base=base_with_pip))
    remain, usual = files(made), files(image)
    assert installers(remain) == []
    assert usual.keys() <= remain.keys()
    assert {remain[path][3] for path in remain.keys() - usual.keys()} == {tarfile.DIRTYPE}
    planned = plan(Order(name, project, "linux/amd64", base_with_pip, "auto"))
    assert planned
    docker("image", "rm", "--no-prune", planned.dependencies)
