"""Images built by the real Packer in the real engine."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.image.wheelhouse import wheelhouse

from tests.support.image import ROOT, TASK, build, built_image, copy_project, docker, images

PLATFORM = "linux/amd64"


@contextmanager
def name_for_images() -> Iterator[str]:
    """A name whose images are gone after the block."""
    chosen = f"ai-api-test-{secrets.token_hex(4)}"
    try:
        yield chosen
    finally:
        for left in images(chosen):
            docker("image", "rm", "--force", left)


@pytest.fixture(scope="session")
def image() -> str:
    """The image of this working tree."""
    return built_image(build())


@pytest.fixture(scope="session")
def base(image: str) -> str:
    """What ``image`` is built on."""
    return str(build().succeeded().results[TASK]["base"])


@pytest.fixture
def project(tmp_path: Path, image: str) -> Path:
    """A copy of the project; with the dependencies of ``image``, so its builds are short."""
    return copy_project(tmp_path / "project")


@pytest.fixture
def name() -> Iterator[str]:
    with name_for_images() as chosen:
        yield chosen


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheels, inside a copy of the project."""
    folder = copy_project(tmp_path_factory.mktemp("dockerfile") / "project")
    if (ROOT / "wheelhouse").is_dir():
        shutil.copytree(ROOT / "wheelhouse", folder / "wheelhouse")
    return wheelhouse(folder, PLATFORM, print)


@pytest.fixture(scope="session")
def dockerfile_project(wheels: Path, base: str) -> Iterator[Path]:
    """A copy of the project whose Dockerfile is built: in the engine's cache as long as it is needed."""
    folder = wheels.parents[1]
    with name_for_images() as chosen:
        for stage in ("build", ""):
            options = (
                f"--build-arg=BASE_IMAGE={base}",
                f"--target={stage}",
                f"--tag={chosen}:{stage or 'final'}",
            )
            docker("build", *options, str(folder))
        yield folder
