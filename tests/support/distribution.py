"""How the tests are shared out to several processes (pytest-xdist): in groups, the longest first."""

from __future__ import annotations

import re
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

CLOUD = re.compile(r"\[(?:.*-)?(aws|gcp|azure)(?:-.*)?\]$")
# Where a module of tests stands alone; elsewhere those of a folder share fixtures that take long to make.
BY_MODULE = ("tests/end_to_end/", "tests/unit/app/")
LONGEST_FIRST = ("tests/end_to_end/", "tests/image/", "tests/unit/rehearsal/", "tests/unit/collection/")


class Groups(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """``--dist loadgroup`` with groups told by the tests' names, in the order in which they are collected."""

    def __init__(self, config: pytest.Config, log: Any) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)


def group(nodeid: str) -> str:
    """The name of the group of a test: its folder, or its module and cloud."""
    module = nodeid.partition("::")[0]
    if not module.startswith(BY_MODULE):
        return module.rpartition("/")[0]
    cloud = CLOUD.search(nodeid)
    return f"{module} {cloud[1]}" if cloud else module


def rank(nodeid: str) -> int:
    """The lower, the sooner it has to start."""
    return next(
        (n for n, prefix in enumerate(LONGEST_FIRST) if nodeid.startswith(prefix)), len(LONGEST_FIRST)
    )
