"""The ``fault`` command: bad days on demand."""

from __future__ import annotations

import argparse
import json
from typing import Any

from . import http
from .components import NAMES
from .core.faults import KINDS
from .errors import RehearsalError
from .lifecycle import Rehearsal

_EXAMPLES = """examples:
  python -m rehearsal fault list
  python -m rehearsal fault set aws --service ecs --kind throttle --count 3
  python -m rehearsal fault set aws --service cloudformation --action CreateStack --kind fail-operation \\
      --resource AWS::ECS::Service --count 1
  python -m rehearsal fault set provider --set '{"status": 503, "count": 5}'
  python -m rehearsal fault clear
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("list", help="show the armed faults")
    verbs.add_parser("clear", help="disarm every fault")
    setting = verbs.add_parser(
        "set", help="arm a fault", epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = setting.add_argument
    add("target", choices=NAMES)
    add("--kind", choices=KINDS, help="what goes wrong in a cloud")
    add("--service", default="*", help="the service's signing name, such as cloudformation or ecs")
    add("--action", default="*", help="the operation, such as CreateStack; * matches any text")
    add("--resource", default="*", help="fail-operation: the resource type or logical id that fails")
    add("--count", type=int, help="how many calls it hits (default: until cleared)")
    add("--seconds", type=float, default=2.0, help="slow: how long a call is held; *-propagation: how long")
    add("--set", default="{}", metavar="JSON", help="provider: the fault as the provider names it")


def run(rehearsal: Rehearsal, options: argparse.Namespace) -> str:
    """Do what was asked; the armed faults as JSON."""
    urls = {component.name: f"{component.admin_url}/faults" for component in rehearsal.known_components()}
    if options.verb == "clear":
        for url in urls.values():
            http.call("DELETE", url)
    elif options.verb == "set":
        http.call("POST", urls[options.target], _fault(options))
    return json.dumps({name: http.call("GET", url) for name, url in urls.items()}, indent=2)


def _fault(options: argparse.Namespace) -> Any:
    if options.target == "provider":
        try:
            return json.loads(options.set)
        except ValueError as error:
            raise RehearsalError(
                f"--set is not JSON: {error}. See: python -m rehearsal fault set --help"
            ) from error
    if options.kind is None:
        raise RehearsalError(f"--kind is missing, expected one of {', '.join(KINDS)}")
    names = ("kind", "service", "action", "resource", "count", "seconds")
    return {name: getattr(options, name) for name in names}
