"""Containers on the local engine, as every runner needs them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import docker
from docker.errors import APIError, ImageNotFound, NotFound

from .meters import ContainerMeter


@dataclass(frozen=True)
class Spec:
    """``cpus`` in cores, ``memory`` in bytes; None means no limit. ``join`` shares another's network."""

    name: str
    image: str
    environ: Mapping[str, str]
    labels: Mapping[str, str]
    command: Sequence[str] | None = None
    entrypoint: Sequence[str] | None = None
    user: str | None = None
    working_dir: str | None = None
    cpus: float | None = None
    memory: int | None = None
    read_only: bool = False
    join: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


class Engine:
    """A thin face over the Docker API."""

    def __init__(self) -> None:
        self._docker = docker.from_env(timeout=60)

    def start(self, spec: Spec) -> str:
        """Create and start a container; its id. Raise APIError or ImageNotFound, with nothing left over."""
        container = self._docker.containers.create(
            spec.image,
            name=spec.name,
            command=list(spec.command) if spec.command is not None else None,
            entrypoint=list(spec.entrypoint) if spec.entrypoint is not None else None,
            environment=dict(spec.environ),
            labels=dict(spec.labels),
            user=spec.user,
            working_dir=spec.working_dir,
            nano_cpus=int(spec.cpus * 1e9) if spec.cpus else None,
            mem_limit=spec.memory,
            memswap_limit=spec.memory,
            read_only=spec.read_only,
            network_mode=f"container:{spec.join}" if spec.join else "bridge",
            use_config_proxy=False,
            **spec.options,
        )
        try:
            container.start()
        except APIError:
            container.remove(force=True, v=True)
            raise
        return str(container.id)

    def address(self, container: str) -> str:
        """Its address on the bridge, empty if it has none (any more)."""
        with contextlib.suppress(NotFound):
            networks = self._docker.containers.get(container).attrs["NetworkSettings"]["Networks"]
            return next((str(network["IPAddress"]) for network in networks.values()), "")
        return ""

    def labels_at(self, address: str, labels: Mapping[str, str]) -> dict[str, str] | None:
        """All labels of the running container that has these ones and this address."""
        filters = {"label": [f"{name}={value}" for name, value in labels.items()]}
        for container in self._docker.api.containers(filters=filters):
            networks = container["NetworkSettings"]["Networks"].values()
            if address in (network["IPAddress"] for network in networks):
                return dict(container["Labels"])
        return None

    def meter(self, container: str) -> ContainerMeter | None:
        with contextlib.suppress(NotFound):
            return ContainerMeter.of(self._docker.containers.get(container).attrs["State"]["Pid"])
        return None

    def stop(self, container: str, patience: int) -> int | None:
        """SIGTERM, SIGKILL after ``patience`` seconds; the exit code, None if it is gone."""
        with contextlib.suppress(NotFound):
            found = self._docker.containers.get(container)
            # The engine answers only when the container has stopped, whatever the client's usual patience.
            self._docker.api.stop(container, timeout=patience)
            return int(found.wait()["StatusCode"])
        return None

    def runs(self, container: str) -> bool:
        """Whether it is running. Raise DockerException when the engine does not say."""
        with contextlib.suppress(NotFound):
            return bool(self._docker.containers.get(container).attrs["State"]["Running"])
        return False

    def ending(self, container: str) -> str:
        """How it ended, empty while it runs."""
        with contextlib.suppress(NotFound):
            state = self._docker.containers.get(container).attrs["State"]
            if state["Running"]:
                return ""
            if state["OOMKilled"]:
                return "it used more memory than its limit and was killed"
            return f"it exited with code {state['ExitCode']}"
        return "it is gone"

    def signal(self, container: str, name: str) -> None:
        """Send a signal to its first process, if it runs."""
        try:
            self._docker.api.kill(container, name)
        except APIError as error:
            if error.status_code not in (404, 409):  # gone, or not running
                raise

    def remove(self, container: str) -> None:
        """Kill and remove it, unless that is done or under way."""
        try:
            self._docker.api.remove_container(container, force=True, v=True)
        except APIError as error:
            if error.status_code not in (404, 409):
                raise

    def lines(self, container: str) -> Iterator[str]:
        """Its output, line by line, until it ends."""
        rest = b""
        for chunk in self._docker.api.logs(container, stream=True, follow=True):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from (line.decode(errors="replace") for line in lines)
        if rest:
            yield rest.decode(errors="replace")

    def deaths(self, labels: Mapping[str, str], since: float) -> Iterator[str]:
        """The ids of containers with these labels, as they end, from a Unix time on."""
        filters = {"event": "die", "label": [f"{name}={value}" for name, value in labels.items()]}
        for event in self._docker.api.events(since=int(since), decode=True, filters=filters):
            yield event["id"]

    def has_image(self, image: str) -> bool:
        try:
            self._docker.api.inspect_image(image)
        except ImageNotFound:
            return False
        return True

    def pull(self, image: str, login: tuple[str, str] | None = None) -> None:
        """``login`` is user and password. Raise APIError if it cannot be had."""
        repository, separator, reference = image.partition("@")
        if not separator:
            repository, _, reference = image.rpartition(":")
        user, password = login or ("", "")
        auth = {"username": user, "password": password} if login else None
        self._docker.api.pull(repository, tag=reference, auth_config=auth)

    def remove_all(self, labels: Mapping[str, str]) -> None:
        """Remove every container with these labels, at once and without a grace period."""
        filters = {"label": [f"{name}={value}" for name, value in labels.items()]}
        for container in self._docker.containers.list(all=True, ignore_removed=True, filters=filters):
            self.remove(container.id)
