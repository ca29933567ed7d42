"""The wheels that the image is made from, downloaded on the host: the build itself needs no network."""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement

from ..core.errors import CloudError
from .process import Show, run

PYTHON = "3.11"
MACHINES = {"linux/amd64": "x86_64", "linux/arm64": "aarch64"}
NEWEST_GLIBC_MINOR = 36  # of the base, Debian 12


def wheelhouse(project: Path, platform: str, show: Show) -> Path:
    """The folder with the wheels that requirements.txt and packer/pip.txt lock for ``platform``.

    It is filled under another name and renamed once pip has checked every hash: one that is there is whole.
    Raises CloudError when the download fails.
    """
    wanted = [*locked(project / "requirements.txt", platform), *locked(project / "packer/pip.txt", platform)]
    store = project / "wheelhouse"
    folder = store / hashlib.sha256("\n".join([platform, *wanted]).encode()).hexdigest()[:16]
    if folder.is_dir():
        return folder
    shutil.rmtree(store, ignore_errors=True)  # wheels of an older lock, and what an interrupted download left
    store.mkdir()
    with tempfile.TemporaryDirectory(dir=store, prefix="partial-") as partial:
        lock = Path(partial, "requirements.txt")
        lock.write_text("\n".join(wanted) + "\n")
        show(f"downloading {len(wanted)} wheels for {platform}")
        done = run(download(lock, Path(partial), platform), lambda line: _show_collected(line, show))
        if done.code:
            raise CloudError(
                f"the wheels of requirements.txt cannot be downloaded:\n{done.tail}",
                next_step="Check the network and pip's settings (`make setup` brings pip), and re-run.",
            )
        Path(partial).rename(folder)
        Path(partial).mkdir()  # for the context manager to remove
    return folder


def locked(lock: Path, platform: str) -> Iterator[str]:
    """The requirements of ``lock`` that hold in the image, one a line, hashes kept and markers decided.

    pip would decide the markers by the Python that runs it, which is not the image's.
    """
    text = re.sub(r"\\\n|#.*", " ", lock.read_text())
    for line in filter(None, map(str.strip, text.splitlines())):
        requirement, *hashes = re.split(r"\s+(?=--hash=)", line)
        parsed = Requirement(requirement)
        if parsed.marker is None or parsed.marker.evaluate(target_environment(platform)):
            yield " ".join([f"{parsed.name}{parsed.specifier}", *map(str.strip, hashes)])


def target_environment(platform: str) -> dict[str, str]:
    """The values of environment markers inside the image."""
    return {
        "implementation_name": "cpython",
        "implementation_version": f"{PYTHON}.0",
        "os_name": "posix",
        "platform_machine": MACHINES[platform],
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": f"{PYTHON}.0",
        "python_version": PYTHON,
        "sys_platform": "linux",
    }


def download(lock: Path, destination: Path, platform: str) -> list[str]:
    """The command that downloads the wheels of ``lock``, each checked against its hash."""
    machine = MACHINES[platform]
    tags = [f"manylinux_2_{minor}_{machine}" for minor in range(17, NEWEST_GLIBC_MINOR + 1)]
    return [
        *[sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-deps"],
        *["--only-binary=:all:", "--require-hashes", f"--python-version={PYTHON}", "--implementation=cp"],
        *[f"--platform={tag}" for tag in (f"manylinux2014_{machine}", *tags)],
        *["--dest", str(destination), "--requirement", str(lock)],
    ]


def _show_collected(line: str, show: Show) -> None:
    """Only the packages: pip's other lines name the index, which may be a company's own."""
    found = re.match(r"Collecting (\S+)|Processing .*?([^/]+)\.whl", line)
    if found:
        show(found[1] or found[2])
