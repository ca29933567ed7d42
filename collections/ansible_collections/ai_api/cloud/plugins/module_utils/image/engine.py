"""The container engine, through its own command line: it knows the user's context, rootless or remote."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..core.errors import CloudError
from .process import Finished, Show, run

NEEDED_BYTES = 1 << 30  # two base images' worth of layers, the wheels and room to commit

START = "Start it (`systemctl start docker`, or `service docker start`) and re-run."
ADD_TO_GROUP = "Add yourself to its group (`sudo usermod -aG docker $USER`), log in again and re-run."


class Image(NamedTuple):
    """What identifies an image in the engine."""

    reference: str
    id: str
    platform: str
    layers: tuple[str, ...]
    environment: tuple[str, ...]
    labels: Mapping[str, str]


def inspect(reference: str) -> Image | None:
    """The image called ``reference``, None where there is none. Raises CloudError without an engine."""
    found = docker("image", "inspect", reference)
    if found.code:
        if "no such image" in found.output.lower():
            return None
        raise unusable(found.output)
    return parse(reference, json.loads(found.output)[0])


def parse(reference: str, document: Mapping[str, Any]) -> Image:
    """An Image from one document of `docker image inspect`."""
    config = document["Config"]
    return Image(
        reference=reference,
        id=document["Id"],
        platform=f"{document['Os']}/{document['Architecture']}",
        layers=tuple(document["RootFS"]["Layers"]),
        environment=tuple(config.get("Env") or ()),
        labels=config.get("Labels") or {},
    )


def docker(
    *arguments: str, show: Show | None = None, env: Mapping[str, str] | None = None, stdin: str = ""
) -> Finished:
    """Run the engine's command line. Raises CloudError where it is not installed."""
    try:
        return run(["docker", *arguments], show, env=env, stdin=stdin)
    except FileNotFoundError:
        raise CloudError(
            "building and pushing an image needs a container engine, and there is no `docker` on PATH",
            next_step="Install one (Debian: `sudo apt-get install docker.io`) and re-run.",
        ) from None


def unusable(output: str) -> CloudError:
    """Why the engine did not answer, and what to do about it."""
    denied = "permission denied" in output.lower()
    return CloudError(
        f"the container engine does not answer: {output.strip().splitlines()[-1]}",
        next_step=ADD_TO_GROUP if denied else START,
    )


def require_space() -> None:
    """Refuse to start what would fill the engine's disk; an engine elsewhere keeps its own books."""
    folder = Path(docker("info", "--format", "{{.DockerRootDir}}").output.strip())
    if not folder.is_dir():
        return
    free = shutil.disk_usage(folder).free
    if free < NEEDED_BYTES:
        raise CloudError(
            f"the image needs {NEEDED_BYTES >> 20} MB of disk in {folder}, and {free >> 20} MB are free",
            next_step="Free some (`docker image prune` removes images that nothing names) and re-run.",
        )
