from __future__ import annotations

import subprocess
import sys

from app.healthcheck import is_healthy
from tests.support.ports import free_ports

from .serving import ROOT, App


def test_tells_the_living_from_the_dead(app: App) -> None:
    [unused] = free_ports(1)

    assert is_healthy(int(app.url.rsplit(":", 1)[1]))
    assert not is_healthy(unused)


def test_costs_next_to_nothing() -> None:
    code = (
        "import sys, app.healthcheck; print(*sorted({'fastapi', 'pydantic', 'asyncio'} & sys.modules.keys()))"
    )

    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert loaded.strip() == ""
