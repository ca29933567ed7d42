"""A project to build images of: a copy, so that tests may change what goes in."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.image.content import APPLICATION, matching

ROOT = Path(__file__).parents[3]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Everything that goes into the image, and the recipe of its base."""
    folder = tmp_path / "project"
    for path in (*matching(ROOT, APPLICATION), Path("packer/debian-base.sh"), Path(".dockerignore")):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, folder / path)
    return folder
