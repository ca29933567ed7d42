"""A project to build images of: a copy, so that tests may change what goes in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.image import copy_project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copy_project(tmp_path / "project")
