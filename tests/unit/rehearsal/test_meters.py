"""What is read from control groups of both versions."""

from __future__ import annotations

import os
from pathlib import Path

from rehearsal.core.meters import ContainerMeter


def test_control_groups_v1(tmp_path: Path) -> None:
    (tmp_path / "cpuacct.usage").write_text("2500000000\n")
    (tmp_path / "memory.stat").write_text("cache 9\nrss 5\ntotal_cache 90\ntotal_rss 50\n")
    meter = ContainerMeter(tmp_path, tmp_path)
    assert (meter.cpu_seconds(), meter.memory()) == (2.5, 50)


def test_control_groups_v2(tmp_path: Path) -> None:
    (tmp_path / "cpu.stat").write_text("usage_usec 2500000\nuser_usec 1\n")
    (tmp_path / "memory.stat").write_text("anon 50\nfile 90\n")
    meter = ContainerMeter(tmp_path, tmp_path)
    assert (meter.cpu_seconds(), meter.memory()) == (2.5, 50)


def test_a_container_that_is_gone_uses_nothing(tmp_path: Path) -> None:
    meter = ContainerMeter(tmp_path / "gone", tmp_path / "gone")
    assert (meter.cpu_seconds(), meter.memory()) == (0, 0)


def test_a_process_is_found_on_this_machine() -> None:
    meter = ContainerMeter.of(os.getpid())
    assert meter is not None
    assert meter.cpu_seconds() > 0
