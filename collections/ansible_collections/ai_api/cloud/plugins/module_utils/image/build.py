"""The flow of an image build: base, wheels, dependencies, application; each only where it is missing."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

from . import base, engine
from .content import APPLICATION, DEPENDENCIES, content_tag, stage
from .order import Order
from .packer import Packer
from .process import Show
from .wheelhouse import wheelhouse


class Plan(NamedTuple):
    """The names that follow from an order and the base it finds."""

    base: engine.Image
    name: str
    dependencies_tag: str
    tag: str

    @property
    def image(self) -> str:
        return f"{self.name}:{self.tag}"

    @property
    def dependencies(self) -> str:
        return f"ai-api-dependencies:{self.dependencies_tag}"


def plan(order: Order) -> Plan | None:
    """The names of what ``order`` asks for; None while there is no base, from which they follow."""
    found = base.present(order)
    return _planned(order, found) if found else None


def build(order: Order, cache: Path, show: Show) -> tuple[Plan, bool]:
    """Build what ``order`` asks for; True with it where anything was built. Raises CloudError.

    ``cache`` is for what is needed meanwhile. Call it under a lock.
    """
    planned = plan(order)
    if planned is None:
        engine.require_space()
        planned = _planned(order, base.obtain(order, show))
    if engine.inspect(planned.image):
        return planned, False
    engine.require_space()
    packer = Packer(order.project, cache / "context", {"revision": revision(order.project)}, show)
    if not engine.inspect(planned.dependencies):
        wheels = wheelhouse(order.project, order.platform, show).relative_to(order.project)
        stage(order.project, (*DEPENDENCIES, f"{wheels}/*"), packer.context)
        packer.build("dependencies", planned.base.reference, planned.dependencies)
    stage(order.project, APPLICATION, packer.context)
    packer.build("application", planned.dependencies, planned.image)
    return planned, True


def revision(project: Path) -> str:
    """The commit that is checked out, marked where files differ from it; it goes into a label only."""
    command = ["git", "-C", str(project), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (FileNotFoundError, subprocess.CalledProcessError):
        return "unknown"


def _planned(order: Order, found: engine.Image) -> Plan:
    return Plan(
        found,
        order.name,
        content_tag(order.project, DEPENDENCIES, found),
        content_tag(order.project, APPLICATION, found),
    )
