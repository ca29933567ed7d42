"""Up, down and reset: what happens, in order."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from . import components, engine, http, ports
from .component import Component
from .credentials import FILE as CREDENTIALS
from .credentials import Credentials
from .engine import Say
from .errors import RehearsalError
from .processes import Registry
from .settings import REPOSITORY, Settings
from .state import State

ENDPOINTS = "endpoints.json"
_HEALTH_SECONDS = 45.0


class Rehearsal:
    """The stand-ins of one state folder. ``say`` shows a line of progress, ``least_disk`` is in bytes."""

    def __init__(self, settings: Settings, say: Say, *, least_disk: int = 2 * 1024**3) -> None:
        self.settings = settings
        self._least_disk = least_disk
        self.state = State(settings.state)
        self.registry = Registry(self.state)
        self._say = say

    def up(self) -> None:
        """Start what does not run yet and wait until all is well.

        Raise RehearsalError, with nothing left over, when that cannot be.
        """
        self.state.prepare()
        self._check_disk(self.state.root)
        if not self.settings.ministack_python.exists():
            raise RehearsalError(
                f"{self.settings.ministack_python} is missing: the AWS stand-in runs in it. Run: make setup"
            )
        with self.state.locked():
            self._refuse_taken_ports(["127.0.0.1"])
            had_engine = self.registry.running(engine.ENGINE) is not None
            try:
                self._up(engine.ensure(self.registry, self._say))
            except BaseException:
                if not had_engine:
                    engine.stop_if_ours(self.registry, self._say)
                raise
        self._say(f"ready; endpoints are in {self.state.root / ENDPOINTS}")

    def _up(self, connection: Any) -> None:
        self._check_disk(engine.data_folder(connection))
        gateway = engine.bridge_gateway(connection)
        self._refuse_taken_ports([gateway])
        makers = {name: cloud.make_credentials for name, cloud in components.CLOUDS.items()}
        credentials = Credentials.load_or_make(self.state, makers)
        content = components.endpoints(self.settings, credentials, gateway, self.state)
        self._start_and_wait(components.make(self.settings, credentials, gateway, self.state))
        self.state.write(ENDPOINTS, content)

    def down(self, *, images: bool = False) -> None:
        """Stop what ``up`` started and prove that nothing of it is left."""
        if not self.state.root.exists():
            self._say("nothing to stop")
            return
        with self.state.locked():
            for name in components.NAMES:
                if self.registry.stop(name):
                    self._say(f"stopped {name}")
            credentials = Credentials.load(self.state)
            connection = engine.client()
            if connection and credentials:
                removed = engine.remove_containers(connection, credentials.instance)
                if removed:
                    self._say(f"removed {removed} container(s)")
                if images:
                    self._say(f"removed {engine.remove_images(connection, self._registry_hosts())} image(s)")
                self._prove_nothing_left(connection, credentials)
            engine.stop_if_ours(self.registry, self._say)
            for name in (ENDPOINTS, CREDENTIALS):
                self.state.remove(name)
            for name in components.NAMES:
                self.state.configuration(name).unlink(missing_ok=True)
                shutil.rmtree(self.state.root / name, ignore_errors=True)
        self._say("down" if images else "down; images stay as cache (down --images removes them)")

    def reset(self) -> None:
        """Return every stand-in to an empty account."""
        for component in self.known_components():
            http.call("POST", f"{component.admin_url}/reset")
            self._say(f"{component.title}: empty")

    def known_components(self) -> list[Component]:
        """The components of a rehearsal that was brought up, whether they run or not."""
        credentials = Credentials.load(self.state)
        if credentials is None:
            raise RehearsalError("The rehearsal is not up. Start it: python -m rehearsal up")
        return components.make(self.settings, credentials, "", self.state)

    def _registry_hosts(self) -> list[str]:
        """The hosts that images were pushed to, as they stand in the images' names."""
        endpoints = (self.state.read(ENDPOINTS) or {}).values()
        return [endpoint["registry_host"] for endpoint in endpoints if "registry_host" in endpoint]

    def _check_disk(self, folder: Path) -> None:
        if not folder.exists():
            return  # an engine on another machine looks after itself
        free = shutil.disk_usage(folder).free
        if free < self._least_disk:
            raise RehearsalError(
                f"{folder} has {free / 1024**3:.1f} GiB free, expected at least "
                f"{self._least_disk / 1024**3:.0f} GiB for images and layers. Make room there."
            )

    def _refuse_taken_ports(self, hosts: list[str]) -> None:
        for name, listeners in components.listeners(self.settings).items():
            if not self.registry.running(name):
                ports.refuse_taken(listeners, hosts)

    def _start_and_wait(self, wanted: list[Component]) -> None:
        started: list[Component] = []
        try:
            started.extend(component for component in wanted if self._start(component))
            for component in started:
                self._wait(component)
        except BaseException:
            for component in started:
                self.registry.stop(component.name)
            raise

    def _start(self, component: Component) -> bool:
        """Start it unless it runs, healthy and as it would be started now; True if it was started."""
        known = self.registry.fingerprint(component.name)
        if known == component.fingerprint and self.registry.running(component.name):
            if http.healthy(component.health_url):
                self._say(f"{component.title}: already running")
                return False
            self._say(f"{component.title}: does not answer, starting it again")
        elif known == component.fingerprint:
            log = f"logs/{component.name}.log"
            self._say(f"{component.title}: had died (see {log}), starting it again with an empty account")
        else:
            self._say(f"{component.title}: starting on port {min(component.listeners)}")
        self.registry.stop(component.name)
        if component.configuration:
            self.state.write(self.state.configuration(component.name).name, dict(component.configuration))
        self.registry.start(
            component.name, component.command, component.environ, REPOSITORY, component.fingerprint
        )
        return True

    def _wait(self, component: Component) -> None:
        deadline = time.monotonic() + _HEALTH_SECONDS
        while not http.healthy(component.health_url):
            log = self.registry.tail(component.name)
            if not self.registry.running(component.name):
                raise RehearsalError(f"{component.title} ended at its start. Its log says:\n{log}")
            if time.monotonic() > deadline:
                raise RehearsalError(
                    f"{component.title} was not healthy within {_HEALTH_SECONDS:.0f} s. Its log says:\n{log}"
                )
            time.sleep(0.05)
        self._say(f"{component.title}: healthy")

    def _prove_nothing_left(self, connection: object, credentials: Credentials) -> None:
        left = [f"process {name}" for name in components.NAMES if self.registry.running(name)]
        left += [f"container {found.name}" for found in engine.containers(connection, credentials.instance)]
        if left:
            raise RehearsalError(f"Still there after down: {', '.join(left)}. Remove by hand what is named.")
