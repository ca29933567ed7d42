"""The base image: pulled where a registry can be reached, otherwise made from Debian packages."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
import threading
from pathlib import Path

from ..core.errors import CloudError
from . import engine
from .process import Show, require, run

MADE = "ai-api-base:bookworm"
RECIPE_LABEL = "ai-api.recipe"
FIRST_ANSWER_SECONDS = 8  # until a registry that can be reached has said what it is going to send


def present(reference: str, source: str, platform: str, project: Path) -> engine.Image | None:
    """The base that the engine already has, so that what was decided once is not decided again."""
    pulled = engine.inspect(reference) if source != "debian" else None
    if pulled and pulled.platform == platform:
        return pulled
    made = engine.inspect(MADE) if source != "registry" else None
    if made and made.platform == platform and made.labels.get(RECIPE_LABEL) == recipe(project):
        return made
    return None


def obtain(reference: str, source: str, platform: str, project: Path, show: Show) -> engine.Image:
    """Pull ``reference``, or make the base. ``source`` is auto, registry or debian. Raises CloudError."""
    if source != "debian":
        reason = pull(reference, platform, show)
        if reason is None:
            return _inspected(reference)
        if source == "registry":
            raise CloudError(
                f"the base image {reference} cannot be pulled: {reason}",
                next_step="Name another (image_base), or have one made from Debian (image_base_source: auto).",
            )
        show(f"{reference} cannot be pulled ({reason}): making the base from Debian packages")
    make(platform, project, show)
    return _inspected(MADE)


def pull(reference: str, platform: str, show: Show) -> str | None:
    """Pull ``reference``; the reason where that fails, soon where no registry answers."""
    command = ["docker", "pull", "--platform", platform, reference]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        silence = threading.Timer(FIRST_ANSWER_SECONDS, process.terminate)
        silence.start()
        last = f"no answer within {FIRST_ANSWER_SECONDS} s"
        assert process.stdout  # noqa: S101 - it is a pipe
        for line in process.stdout:
            silence.cancel()
            last = line.strip()
            show(last)
        silence.cancel()
    return last if process.returncode else None


def make(platform: str, project: Path, show: Show) -> None:
    """Make the base by packer/debian-base.sh. The engine imports it whole or not at all."""
    require("mmdebstrap", ["mmdebstrap", "debian-archive-keyring"], "making the base image", show)
    with tempfile.TemporaryDirectory(prefix="ai-api-base-") as folder:
        archive = str(Path(folder, "base.tar"))
        made = run(["sh", str(_script(project)), platform.partition("/")[2], archive], show)
        if made.code:
            raise CloudError(
                f"the base image cannot be made from Debian packages:\n{made.tail}",
                next_step="Check the network; without user namespaces it has to run as root. Then re-run.",
            )
        settings = [
            "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "ENV LANG=C.UTF-8",
            "LABEL managed-by=ai-api",
            f"LABEL {RECIPE_LABEL}={recipe(project)}",
        ]
        changes = [f"--change={setting}" for setting in settings]
        imported = engine.docker("import", "--platform", platform, *changes, archive, MADE)
    if imported.code:
        raise engine.unusable(imported.output)


def recipe(project: Path) -> str:
    """Identifies how a made base was made."""
    return hashlib.sha256(_script(project).read_bytes()).hexdigest()[:16]


def _script(project: Path) -> Path:
    return project / "packer/debian-base.sh"


def _inspected(reference: str) -> engine.Image:
    image = engine.inspect(reference)
    if image is None:
        raise CloudError(f"the base image {reference} vanished from the engine", next_step="Re-run.")
    return image
