"""`make bench`: measures the deployment that has nothing to do, and the service beside two other gateways."""

from __future__ import annotations

import argparse
import sys

from tests.bench import noop
from tests.bench.gateways import comparison


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "subject",
        nargs="?",
        choices=["noop", "gateways", "all"],
        default="all",
        help="noop: a deployment into a rehearsal that has nothing to do; gateways: the service, LiteLLM's "
        "proxy and Portkey's gateway on /v1/chat/completions (some two minutes a round; the other two are "
        "installed into .bench/); all (default): both",
    )
    parser.add_argument("--rounds", type=int, default=7, help="alternating rounds (default: 7)")
    written = "put the comparison of the gateways into docs/performance.md and .svg"
    parser.add_argument("--write", action="store_true", help=written)
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds: expected 1 or more")
    if options.subject in ("noop", "all"):
        print(noop.run(options.rounds))
    if options.subject in ("gateways", "all"):
        print(
            comparison.run(
                options.rounds, write=options.write, show=lambda line: print(line, file=sys.stderr)
            )
        )


if __name__ == "__main__":
    main()
