"""Puts an image of the engine into a registry, with a login that is gone afterwards."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from ..core.errors import CloudError
from .engine import docker
from .process import Show

LOGINS = ("auths", "credsStore", "credHelpers")


class Login(NamedTuple):
    user: str
    password: str


class Registry(Protocol):
    """A repository in a cloud's registry; every call raises CloudError."""

    def digest(self, tag: str) -> str | None: ...

    def login(self) -> Login: ...


def push(image: str, target: str, login: Login, show: Show) -> None:
    """Push ``image`` as ``target`` (host/repository:tag). Raises CloudError."""
    if docker("tag", image, target).code:
        raise CloudError(
            f"there is no image {image} in the container engine", next_step="Build it first (image_build)."
        )
    host = target.partition("/")[0]
    with throwaway_config() as environment:
        command = ("login", "--username", login.user, "--password-stdin", host)
        done = docker(*command, env=environment, stdin=login.password)
        if done.code:
            raise CloudError(f"{host} refuses the login as {login.user}: {done.tail}", next_step="Re-run.")
        show(f"pushing {target}")
        done = docker("push", target, env=environment, show=lambda line: _show_milestone(line, show))
    if done.code:
        raise CloudError(
            f"{target} cannot be pushed: {done.tail}",
            next_step="Re-run: layers that arrived are kept, and the tag appears only when all have.",
        )


@contextmanager
def throwaway_config() -> Iterator[dict[str, str]]:
    """The environment of a docker client with the user's settings and contexts, and none of the logins."""
    user = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    with tempfile.TemporaryDirectory(prefix="ai-api-docker-") as folder:
        if (user / "contexts").is_dir():
            Path(folder, "contexts").symlink_to(user / "contexts")
        Path(folder, "config.json").write_text(json.dumps(_without_logins(user / "config.json")))
        yield {"DOCKER_CONFIG": folder}


def _without_logins(config: Path) -> dict[str, Any]:
    settings: dict[str, Any] = json.loads(config.read_text()) if config.is_file() else {}
    return {name: value for name, value in settings.items() if name not in LOGINS}


def _show_milestone(line: str, show: Show) -> None:
    """One line for each layer that arrived, and the digest."""
    if re.search(r": (Pushed|Layer already exists|digest: .*)$", line):
        show(line)
