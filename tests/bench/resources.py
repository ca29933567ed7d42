"""What the rehearsal costs the machine: memory with three replicas, and CPU while nothing happens."""

from __future__ import annotations

import json
import time
from typing import Any

from tests.support.rehearsal import Rehearsal


def usage(rehearsal: Rehearsal) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(rehearsal.command("status", "--json").stdout)
    return rows


def report(rehearsal: Rehearsal, idle_seconds: float = 30.0) -> str:
    before, start = usage(rehearsal), time.monotonic()
    time.sleep(idle_seconds)  # the measurement itself: how much CPU a stretch of idleness costs
    after, elapsed = usage(rehearsal), time.monotonic() - start
    spent = {row["name"]: row["cpu_seconds"] for row in before}
    lines = [f"The rehearsal at rest, over {elapsed:.0f} s:"]
    for row in after:
        percent = 100 * (row["cpu_seconds"] - spent.get(row["name"], 0.0)) / elapsed
        lines.append(f"  {row['name']:<40} {row['memory_mb']:6.0f} MB  {percent:5.2f} % of a core")
    memory = sum(row["memory_mb"] for row in after)
    total = 100 * sum(row["cpu_seconds"] - spent.get(row["name"], 0.0) for row in after) / elapsed
    lines.append(f"  {'together (limits: 700 MB, 5 %)':<40} {memory:6.0f} MB  {total:5.2f} % of a core")
    return "\n".join(lines)
