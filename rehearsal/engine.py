"""The container engine: used where it runs, installed where we may, explained where neither holds."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, DockerException

from .core.labels import INSTANCE_LABEL
from .errors import RehearsalError
from .processes import Registry

Say = Callable[[str], None]
_START_SECONDS = 60.0
ENGINE = "engine"  # the name under which a daemon that we started is remembered


def client() -> Any | None:
    """A connection to the engine, None when it cannot be reached."""
    try:
        connection = docker.from_env(timeout=60)
        connection.ping()
    except (DockerException, OSError):
        return None
    return connection


def ensure(registry: Registry, say: Say) -> Any:
    """A connection to a running engine, which is installed or started if need be and allowed.

    Raise RehearsalError with what is missing and what to do.
    """
    found = client()
    if found is not None:
        return found
    problem = advice(
        user=os.geteuid(),
        has_daemon=shutil.which("dockerd") is not None,
        has_apt=shutil.which("apt-get") is not None,
        host=os.environ.get("DOCKER_HOST"),
    )
    if problem:
        raise RehearsalError(problem)
    if shutil.which("dockerd") is None:
        _install(say)
    return _start(registry, say)


def advice(*, user: int, has_daemon: bool, has_apt: bool, host: str | None) -> str | None:
    """Why no engine can be had from here and what to do; None when it can be started or installed."""
    if host:
        return (
            f"DOCKER_HOST is {host}, and no container engine answers there. Start it, or unset DOCKER_HOST."
        )
    if user != 0:
        return (
            "No container engine can be reached by this user. Start Docker and add yourself to its group "
            "(sudo usermod -aG docker $USER, then log in again), or run this as root."
        )
    if not has_daemon and not has_apt:
        return (
            "There is no container engine, and without apt-get it cannot be installed from here. "
            "Install Docker (https://docs.docker.com/engine/install/) and run this again."
        )
    return None


def _install(say: Say) -> None:
    say("installing Debian's docker.io (no container engine found)")
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    packages = ["docker.io", "iptables"]
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
    ):
        result = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        if result.returncode:
            raise RehearsalError(
                f"{' '.join(command[:2])} failed: {result.stderr.strip()[-400:]}. "
                "Repair the package sources, or install Docker yourself, and run this again."
            )


def _start(registry: Registry, say: Say) -> Any:
    if Path("/run/systemd/system").exists():
        say("starting the container engine (systemctl start docker)")
        subprocess.run(["systemctl", "start", "docker"], capture_output=True, check=False)
    else:
        say("starting the container engine (dockerd, stopped again by down)")
        registry.start(ENGINE, ["dockerd"], os.environ, Path("/"))
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        found = client()
        if found is not None:
            return found
        if registry.recorded(ENGINE) and not registry.running(ENGINE):
            break
        time.sleep(0.2)
    log = registry.tail(ENGINE, 5)
    registry.stop(ENGINE)
    raise RehearsalError(f"The container engine did not start. Repair it and run this again. It said:\n{log}")


def stop_if_ours(registry: Registry, say: Say) -> None:
    """Stop the engine that we started, unless somebody else's containers run on it."""
    if registry.running(ENGINE) is None:
        registry.stop(ENGINE)
        return
    connection = client()
    others = connection.containers.list(ignore_removed=True) if connection else []
    if others:
        names = ", ".join(container.name for container in others[:3])
        say(f"leaving the container engine running: it has other containers ({names})")
        return
    say("stopping the container engine that up started")
    registry.stop(ENGINE)


def bridge_gateway(connection: Any) -> str:
    """The address by which containers on the default bridge reach this machine."""
    configuration = connection.networks.get("bridge").attrs["IPAM"]["Config"][0]
    # Left out where the engine chose it: then it is the first address of the network.
    return str(configuration.get("Gateway") or next(ip_network(configuration["Subnet"]).hosts()))


def data_folder(connection: Any) -> Path:
    """Where the engine keeps images and containers."""
    return Path(connection.info()["DockerRootDir"])


def containers(connection: Any, instance: str) -> list[Any]:
    """Every container of this rehearsal, running or not."""
    found: list[Any] = connection.containers.list(
        all=True, ignore_removed=True, filters={"label": f"{INSTANCE_LABEL}={instance}"}
    )
    return found


def remove_containers(connection: Any, instance: str) -> int:
    """Remove what carries this rehearsal's label. The number of containers removed."""
    found = containers(connection, instance)
    for container in found:
        container.remove(force=True, v=True)
    return len(found)


def remove_images(connection: Any, registry_hosts: list[str]) -> int:
    """Forget the names under our registries; what has no other name goes. The number of names forgotten."""
    ours = [
        name
        for image in connection.api.images()  # without a look at each, which others may be removing
        for name in [*(image.get("RepoTags") or []), *(image.get("RepoDigests") or [])]
        if name.partition("/")[0] in registry_hosts
    ]
    for name in ours:
        with contextlib.suppress(APIError):  # the last tag takes its digest along; or it is in use
            connection.images.remove(name)
    return len(ours)
