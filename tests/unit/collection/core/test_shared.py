"""What the tasks of a run share over their forks."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from ansible_collections.ai_api.cloud.plugins.module_utils.core.shared import MARGIN, Shared

HOUR = 3600


def forked(work: Callable[[], None]) -> int:
    """The pid of a child that does the work and ends."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return pid


def test_forks_that_start_together_make_a_value_once(tmp_path: Path) -> None:
    shared = Shared("test")
    made, got = tmp_path / "made", tmp_path / "got"

    def make() -> tuple[str, float]:
        with made.open("a") as file:
            file.write("x")
        return "token", time.time() + HOUR

    def work() -> None:
        value = shared.get("key", make)
        with got.open("a") as file:
            file.write(f"{value}\n")

    for pid in [forked(work) for _ in range(8)]:
        os.waitpid(pid, 0)
    assert made.read_text() == "x"
    assert got.read_text().split() == ["token"] * 8
    assert shared.get("key", make) == "token", "and their parent has it"


def test_a_value_near_its_end_and_one_that_is_forgotten_are_made_anew() -> None:
    shared = Shared("test")
    values = iter(["first", "second", "third"])
    assert shared.get("key", lambda: (next(values), time.time() + MARGIN - 1)) == "first"
    assert shared.get("key", lambda: (next(values), time.time() + HOUR)) == "second"
    shared.forget("key")
    assert shared.get("key", lambda: (next(values), time.time() + HOUR)) == "third"


def test_a_maker_that_dies_leaves_the_lock_free() -> None:
    shared = Shared("test")

    def die() -> tuple[str, float]:
        os._exit(1)

    os.waitpid(forked(lambda: shared.get("key", die)), 0)
    assert shared.get("key", lambda: ("value", time.time() + HOUR)) == "value"
