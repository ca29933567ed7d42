"""Kill a deployment anywhere; running it again converges."""

from __future__ import annotations

import os
import random
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.playbook import Target
from tests.support.rehearsal import ROOT

# Chosen anew each run; a failure shows the seed, so that it can be repeated.
SEED = int(os.environ.get("INTERRUPTION_SEED", random.SystemRandom().randrange(10_000)))
# The service's own stage, where most can go wrong, and one of the others.
STAGES = ["service", "another"]


@pytest.mark.parametrize("stage", STAGES)
def test_a_killed_deployment_converges_when_run_again(target: Target, tmp_path: Path, stage: str) -> None:
    print(f"INTERRUPTION_SEED={SEED}")  # noqa: T201 - pytest shows it where the test fails
    words = target.cloud.words
    others = [name for name in words.stages if name != words.service]
    task = words.service if stage == "service" else random.Random(SEED).choice(others)  # noqa: S311
    output = tmp_path / "output"
    with output.open("w") as stdout:
        process = subprocess.Popen(
            target.command("deploy.yml"),
            cwd=ROOT,
            env=target.environment,
            stdout=stdout,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        with output.open() as reader:
            seen = ""
            while f": {task}]" not in seen and process.poll() is None:
                seen += reader.readline()
        assert process.poll() is None, seen
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    target.deploy("--skip-tags", "verify").succeeded()
    assert target.deploy("--skip-tags", "verify").succeeded().changed == []
    target.cleanup().succeeded()
    assert target.cloud.everything() == set()
