"""A base image of Debian packages: Python 3.11 and nothing that installs, where none can be pulled."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from ..core.errors import CloudError
from . import engine
from .order import Order
from .process import Show, require, run

NAME = "ai-api-base"
LATEST = f"{NAME}:bookworm"  # for people: BASE_IMAGE=ai-api-base:bookworm docker compose up --build
SETTINGS = (
    "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "ENV LANG=C.UTF-8",
    'CMD ["python3"]',
    "LABEL managed-by=ai-api",
)


def reference(project: Path) -> str:
    """What a base made by today's recipe is called."""
    files = _script(project), project / "packer/left-out.txt"
    recipe = b"".join(path.read_bytes() for path in files) + "\n".join(SETTINGS).encode()
    return f"{NAME}:{hashlib.sha256(recipe).hexdigest()[:16]}"


def make(order: Order, show: Show) -> None:
    """Make the base by packer/debian-base.sh; it is imported whole or not at all. Raises CloudError."""
    require("mmdebstrap", ["mmdebstrap", "debian-archive-keyring"], "making the base image", show)
    name = reference(order.project)
    with tempfile.TemporaryDirectory(prefix=f"{NAME}-") as folder:
        archive = str(Path(folder, "base.tar"))
        made = run(
            ["sh", str(_script(order.project)), order.architecture, archive],
            lambda line: show(line.removeprefix("I: ")),
        )
        if made.code:
            needs = "" if os.geteuid() == 0 else " Users need the package uidmap for it; root needs nothing."
            raise CloudError(
                f"the base image cannot be made from Debian packages:\n{made.tail}",
                next_step=f"Check the network and re-run.{needs}",
            )
        changes = [f"--change={setting}" for setting in SETTINGS]
        imported = engine.docker("import", "--platform", order.platform, *changes, archive, name)
    if imported.code:
        raise engine.unusable(imported.output)
    engine.docker("tag", name, LATEST)


def _script(project: Path) -> Path:
    return project / "packer/debian-base.sh"
