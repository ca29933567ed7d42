"""The gateways, each in an environment of its own below .bench/; the versions of others are pinned here."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from tests.support.rehearsal import ROOT

FOLDER = ROOT / ".bench"
LITELLM = "1.106.0"
PORTKEY = "1.15.2"
PORTKEYS_SERVER = "1.14.1"  # of @hono/node-server; with a newer one it answers no stream (its issue 1389)
PATIENCE_SECONDS = 600


class NotInstallableError(Exception):
    """The text says what was tried and how it failed."""


def ours() -> Path:
    """The folder of an environment with what the image holds, and no more. Raises NotInstallableError."""
    lock = ROOT / "requirements.txt"
    mark = sha256(lock.read_bytes()).hexdigest()[:12]
    return _python(f"ours-{mark}", "--require-hashes", f"--requirement={lock}")


def litellm() -> Path:
    """The folder of LiteLLM's environment. Raises NotInstallableError."""
    return _python(f"litellm-{LITELLM}", f"litellm[proxy]=={LITELLM}")


def portkey() -> Path:
    """The folder of Portkey's node_modules. Raises NotInstallableError."""

    def install(folder: Path) -> None:
        package = {
            "dependencies": {"@portkey-ai/gateway": PORTKEY},
            "overrides": {"@hono/node-server": PORTKEYS_SERVER},
        }
        (folder / "package.json").write_text(json.dumps(package))
        _run("npm", "install", "--silent", "--no-audit", "--no-fund", f"--prefix={folder}")

    return _installed(f"portkey-{PORTKEY}", install)


def _python(name: str, *what: str) -> Path:
    """An environment with ``what``, compiled as images have it."""

    def install(folder: Path) -> None:
        uv = str(Path(sys.executable).with_name("uv"))
        _run(uv, "venv", "--quiet", "--python", sys.executable, str(folder))
        _run(uv, "pip", "install", "--quiet", "--compile-bytecode", f"--python={folder}/bin/python", *what)

    return _installed(name, install)


def _installed(name: str, install: Callable[[Path], None]) -> Path:
    """The folder called ``name``; one that is only half filled never counts as installed."""
    folder = FOLDER / name
    complete = folder / ".complete"
    if not complete.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        install(folder)
        complete.touch()
    return folder


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstallableError(str(error)) from error
    if done.returncode:
        raise NotInstallableError(f"`{' '.join(command)}`: {(done.stderr or done.stdout).strip()[-400:]}")


def size(*folders: Path) -> int:
    """The bytes of the files in ``folders``, without bytecode, which not every installer writes."""
    files = (path for folder in folders for path in folder.rglob("*"))
    return sum(path.lstat().st_size for path in files if path.is_file() and path.suffix != ".pyc")
