"""All checks before the first change; none of them changes anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import CloudError
from ..core.finding import Finding, failed
from .contradictions import contradictions
from .disk import too_little
from .engine import DEFAULT, inspect_engine
from .identity import caller
from .provider_key import unusable_key
from .stand_ins import not_running
from .target import malformed_region, unknown_region
from .variables import UnresolvedError, Variables, invalid, missing, unknown

ENDPOINTS = "rehearsal_endpoints_file"
KEY = "secret_store_openai_api_key"
TARGET = frozenset({"target_cloud", "target_region", "target_connection"})


@dataclass(frozen=True, slots=True)
class Machine:
    """This machine: its environment, where the work is done, and the GiB wanted there and by the engine."""

    environ: Mapping[str, str]
    folder: Path
    folder_gib: float
    engine_gib: float


def examine(variables: Variables, machine: Machine) -> tuple[list[Finding], str]:
    """All problems of a deployment, and who deploys; the latter is empty where that is not known."""
    with ThreadPoolExecutor(1) as aside:
        of_machine = aside.submit(lambda: list(_machine(machine)))
        problems = list(_inputs(variables))
        identity = ""
        if not TARGET & {problem.name for problem in problems}:
            try:
                identity = _identity(variables)
                problems.extend(_region(variables))
            except CloudError as error:
                problems.append(_refused(error))
        return [*problems, *of_machine.result()], identity


def _inputs(variables: Variables) -> Iterator[Finding]:
    """What is wrong with the inventory, the extra variables, and the stand-ins that they point to."""
    down = list(not_running(Path(variables.value(ENDPOINTS)))) if ENDPOINTS in variables.given else []
    yield from down
    yield from unknown(variables)
    yield from missing(variables)
    # Without stand-ins nothing that comes from them has a value; once is enough to say so.
    wrong = list(invalid(variables, unresolved=not down))
    yield from wrong
    with suppress(UnresolvedError):
        cloud = variables.value("target_cloud")
        yield from malformed_region(cloud, variables.value("target_region"))
        if not wrong:
            yield from contradictions(cloud, variables.setting)
    with suppress(UnresolvedError):
        yield from unusable_key(variables.value(KEY))


def _identity(variables: Variables) -> str:
    try:
        return caller(variables.value("target_connection"))
    except UnresolvedError:
        return ""


def _region(variables: Variables) -> Iterator[Finding]:
    with suppress(UnresolvedError):
        yield from unknown_region(variables.value("target_connection"))


def _refused(error: CloudError) -> Finding:
    vendor = ", ".join(filter(None, (error.summary, error.code)))
    return failed(
        "credentials",
        expected="credentials that the cloud accepts",
        found=vendor,
        next_step=error.next_step or "Correct target_connection in the inventory",
    )


def _machine(machine: Machine) -> Iterator[Finding]:
    problem, storage = inspect_engine(machine.environ.get("DOCKER_HOST") or DEFAULT)
    if problem:
        yield problem
    wanted = {machine.folder: machine.folder_gib}
    if storage:
        wanted[storage] = machine.engine_gib
    yield from too_little(wanted)
