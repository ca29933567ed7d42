"""`make bench`: deploys into a rehearsal of its own, measures, removes it."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.bench import noop
from tests.support.playbook import Target
from tests.support.rehearsal import Rehearsal


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="alternating rounds (default: 7)")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        rehearsal = Rehearsal(Path(folder))
        rehearsal.command("up")
        try:
            target = Target(rehearsal, "bench", autoscaling_min=3)
            target.deploy("--skip-tags", "verify").succeeded()
            print(noop.report(noop.measure(target, rounds)))
            print("The rehearsal at rest with three replicas (limits: 700 MB, 5 % of a core):")
            print(rehearsal.command("status", "--seconds", "30").stdout)
        finally:
            rehearsal.command("down")


if __name__ == "__main__":
    main()
