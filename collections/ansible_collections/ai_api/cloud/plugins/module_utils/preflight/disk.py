"""Room for what a deployment writes on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..core.finding import Finding, failed

GIB = 1024**3


def too_little(wanted: Mapping[Path, float]) -> Iterator[Finding]:
    """Folders with less free space than ``wanted`` GiB; on one disk the wishes add up."""
    by_disk: dict[int, list[Path]] = {}
    for folder in wanted:
        by_disk.setdefault(folder.stat().st_dev, []).append(folder)
    for folders in by_disk.values():
        needed = sum(wanted[folder] for folder in folders)
        disk = os.statvfs(folders[0])
        free = disk.f_bavail * disk.f_frsize / GIB
        if free < needed:
            yield failed(
                "disk",
                expected=f"{needed:g} GiB free for {' and '.join(map(str, folders))}",
                found=f"{free:.1f} GiB",
                next_step="Remove what is not needed (docker system prune, old files), or set preflight's "
                "minimum_free_gib lower",
            )
