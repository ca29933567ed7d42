"""The command line: ``python -m rehearsal up|down|status|reset|fault``."""

from __future__ import annotations

import argparse
import os
import sys
import time

from . import faults, status
from .errors import RehearsalError
from .lifecycle import Rehearsal
from .settings import PORTS, RANGE, RANGES, Settings

_EXAMPLES = """examples:
  python -m rehearsal up
  python -m rehearsal status
  python -m rehearsal fault set aws --service cloudformation --action CreateStack --kind throttle --count 3
  python -m rehearsal fault clear
  python -m rehearsal down

environment:
  REHEARSAL_STATE                where state and logs are kept (default .rehearsal in the repository)
""" + "\n".join(
    [
        *(f"  {variable:30} default {port}" for variable, port in PORTS.items()),
        *(f"  {variable:30} default {port}, the first of {RANGE}" for variable, port in RANGES.items()),
    ]
)


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        rehearsal = Rehearsal(Settings.from_environment(os.environ), _say)
        return _run(rehearsal, options)
    except RehearsalError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _run(rehearsal: Rehearsal, options: argparse.Namespace) -> int:
    match options.command:
        case "up":
            rehearsal.up()
        case "down":
            rehearsal.down(images=options.images)
        case "reset":
            rehearsal.reset()
        case "status":
            rows = status.rows(rehearsal, options.seconds)
            print(status.table(rows))
            return 0 if all(row.healthy for row in rows) else 1
        case "fault":
            print(faults.run(rehearsal, options))
    return 0


def _say(message: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {message}", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m rehearsal",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="start the stand-ins that do not run yet and wait until they are healthy")
    down = commands.add_parser("down", help="stop what up started and prove that nothing is left")
    down.add_argument("--images", action="store_true", help="also remove the images that were deployed")
    shown = commands.add_parser(
        "status", help="show what runs and what it costs; exit 1 if it is not healthy"
    )
    shown.add_argument(
        "--seconds", type=float, default=0.5, help="measure the CPU for so long (default: 0.5)"
    )
    commands.add_parser("reset", help="return every stand-in to an empty account without restarting it")
    faults.add_arguments(commands.add_parser("fault", help="list, set or clear faults"))
    return parser


if __name__ == "__main__":
    sys.exit(main())
