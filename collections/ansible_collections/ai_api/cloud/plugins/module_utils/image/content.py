"""What goes into the image's two layers, and the tags that follow from it."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from .engine import Image

# Relative to the project. To these come the wheels that requirements.txt locks.
DEPENDENCIES = (
    "packer/ai-api.pkr.hcl",
    "packer/assemble.py",
    "packer/dependencies.yml",
    "packer/left-out.txt",
    "packer/pip.txt",
    "requirements.txt",
)
APPLICATION = (*DEPENDENCIES, "app/**/*.py", "packer/application.yml", "Dockerfile")
TAG_LENGTH = 16  # hexadecimal digits: 64 bits


def content_tag(project: Path, patterns: tuple[str, ...], base: Image) -> str:
    """The tag of a layer: equal for equal content, wherever and whenever it is computed.

    The base counts by its layers and environment, so that one made anew from the same packages is the same.
    """
    digest = hashlib.sha256()
    for part in (base.platform, *base.layers, *base.environment):
        digest.update(f"{part}\n".encode())
    for path in matching(project, patterns):
        content = hashlib.sha256((project / path).read_bytes()).hexdigest()
        digest.update(f"{content}  {path.as_posix()}\n".encode())
    return digest.hexdigest()[:TAG_LENGTH]


def matching(project: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    """The files that ``patterns`` name, relative to ``project``, in an order that every machine agrees on."""
    found = {path for pattern in patterns for path in project.glob(pattern) if path.is_file()}
    yield from sorted(path.relative_to(project) for path in found)


def stage(project: Path, patterns: tuple[str, ...], context: Path) -> None:
    """Make ``context`` anew with the files that ``patterns`` name: all that the build gets to see."""
    shutil.rmtree(context, ignore_errors=True)
    for path in matching(project, patterns):
        (context / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(project / path, context / path)
