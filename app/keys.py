"""``python -m app.keys new``: makes a key for a caller. See app/README.md, "Callers' keys"."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TextIO

from pydantic import ValidationError

from .api_keys import ApiKey, generate, hashed


def main(arguments: Sequence[str] | None = None, output: TextIO = sys.stdout) -> None:
    """Print a new key, and the entry for the document of keys, which cannot be turned back into the key."""
    parser = _parser()
    options = parser.parse_args(arguments)
    key = generate()
    try:
        entry = ApiKey(
            id=options.id,
            sha256=hashed(key),
            requests_per_minute=options.requests_per_minute,
            tokens_per_minute=options.tokens_per_minute,
            expires=options.expires,
        )
    except ValidationError as error:
        parser.error(
            "; ".join(f"--{_option(problem['loc'])}: {problem['msg']}" for problem in error.errors())
        )
    output.write(
        f"The key, for the caller; it is shown only now:\n{key}\n"
        f'Its entry in the list "keys" of the document in the secret store:\n'
        f"{entry.model_dump_json(exclude_none=True)}\n"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m app.keys", description="Keys for the callers of the API."
    )
    commands = parser.add_subparsers(title="commands", required=True)
    new = commands.add_parser("new", help="make a key", description="Make a key for a caller.")
    new.add_argument("--id", required=True, help="who has it; stands in the log")
    new.add_argument("--requests-per-minute", type=int, metavar="N", help="default: the service's limit")
    new.add_argument(
        "--tokens-per-minute", type=int, metavar="N", help="default: the service's budget; 0: none"
    )
    new.add_argument(
        "--expires", type=datetime.fromisoformat, metavar="TIME", help="like 2027-01-01T00:00:00Z"
    )
    return parser


def _option(loc: tuple[int | str, ...]) -> str:
    return str(loc[0]).replace("_", "-")


if __name__ == "__main__":
    main()
