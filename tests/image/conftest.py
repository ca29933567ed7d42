"""Images built by the real Packer in the real engine."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.image.content import APPLICATION, matching

from tests.support.image import ROOT, build, built_image, docker, images


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.rehearsal)


@pytest.fixture(scope="session")
def image() -> str:
    """The image of this working tree."""
    return built_image(build())


@pytest.fixture
def project(tmp_path: Path, image: str) -> Path:
    """A copy of what goes into the image; with the dependencies of ``image``, so its builds are short."""
    folder = tmp_path / "project"
    for path in (*matching(ROOT, APPLICATION), Path("packer/debian-base.sh"), Path(".dockerignore")):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, folder / path)
    return folder


@pytest.fixture
def name() -> Iterator[str]:
    """A name for images, which are removed after the test."""
    chosen = f"ai-api-test-{secrets.token_hex(4)}"
    yield chosen
    for left in images(chosen):
        docker("image", "rm", "--force", left)
