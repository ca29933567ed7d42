"""The tag follows from what goes into the image, and from nothing else."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.image.content import (
    APPLICATION,
    DEPENDENCIES,
    content_tag,
    matching,
    stage,
)
from ansible_collections.ai_api.cloud.plugins.module_utils.image.engine import Image

BASE = Image("base", "sha256:1", "linux/amd64", ("sha256:a", "sha256:b"), ("PATH=/bin",), {})


def tags(project: Path, base: Image = BASE) -> tuple[str, str]:
    return content_tag(project, DEPENDENCIES, base), content_tag(project, APPLICATION, base)


def test_equal_content_has_equal_tags_wherever_and_whenever(project: Path, tmp_path: Path) -> None:
    elsewhere = Path(shutil.copytree(project, tmp_path / "elsewhere"))
    for path in matching(elsewhere, APPLICATION):
        os.utime(elsewhere / path, (0, 0))
    assert tags(project) == tags(elsewhere)


@pytest.mark.parametrize(
    "change",
    [{"layers": ("sha256:a",)}, {"environment": ("PATH=/usr/bin",)}, {"platform": "linux/arm64"}],
    ids=lambda change: next(iter(change)),
)
def test_another_base_changes_both_tags(project: Path, change: dict[str, object]) -> None:
    before, after = tags(project), tags(project, BASE._replace(**change))  # type: ignore[arg-type]
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_a_base_made_anew_from_the_same_packages_is_the_same(project: Path) -> None:
    assert tags(project) == tags(project, BASE._replace(id="sha256:2", reference="other", labels={"a": "b"}))


def test_every_file_that_goes_in_changes_the_tag(project: Path) -> None:
    for path in matching(project, APPLICATION):
        before = tags(project)
        with (project / path).open("a") as file:
            file.write("\n# changed\n")
        assert tags(project)[1] != before[1], path
        assert (tags(project)[0] != before[0]) == any(path.match(pattern) for pattern in DEPENDENCIES), path


def test_a_file_that_moves_changes_the_tag(project: Path) -> None:
    before = tags(project)
    (project / "app/errors.py").rename(project / "app/failures.py")
    assert tags(project)[1] != before[1]


@pytest.mark.parametrize(
    "path", ["app/README.md", "app/__pycache__/main.cpython-311.pyc", "packer/notes.txt"]
)
def test_what_does_not_go_in_changes_nothing(project: Path, path: str) -> None:
    before = tags(project)
    (project / path).parent.mkdir(exist_ok=True)
    (project / path).write_text("x")
    assert tags(project) == before


def test_the_build_sees_what_goes_in_and_nothing_of_an_earlier_build(project: Path, tmp_path: Path) -> None:
    (project / "app/.env").write_text("OPENAI_API_KEY=planted")
    context = tmp_path / "context"
    context.mkdir()
    (context / "left").write_text("by an earlier build")
    stage(project, APPLICATION, context)
    seen = sorted(path.relative_to(context) for path in context.rglob("*") if path.is_file())
    assert seen == sorted(matching(project, APPLICATION))
