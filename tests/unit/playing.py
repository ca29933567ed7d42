"""Runs playbooks as a user does, with an environment of the test's own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]


def command(playbook: Path | str, *arguments: str) -> list[str]:
    return [str(Path(sys.executable).parent / "ansible-playbook"), str(playbook), *arguments]


def environment(**variables: str) -> dict[str, str]:
    """This process's environment without what would change the outcome."""
    foreign = ("OPENAI_", "REHEARSAL_", "AWS_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {**kept, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), **variables}


def play(
    playbook: Path | str, *arguments: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(playbook, *arguments),
        cwd=ROOT,
        env=environment(**(env or {})),
        capture_output=True,
        text=True,
        check=False,
    )
