"""A service: its ingress, the revisions behind it, and how requests are split among them."""

from __future__ import annotations

import asyncio
import functools
import re
import secrets
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..containers import Engine, Spec
from ..proxy import Head, Headers, Listener, Plain
from .dispatcher import Dispatcher
from .fleet import Fleet
from .instance import Instance
from .logs import Logs
from .model import Phase, Revision, Share
from .split import Split

_TEXT = (("content-type", "text/plain"),)
_UNROUTED = Plain(404, b"no revision of this service takes requests", _TEXT)
_FULL = Plain(429, b"Rate exceeded.", _TEXT)
_BROKEN = Plain(503, b"upstream connect error or disconnect/reset before headers", _TEXT)
_OVERDUE = Plain(504, b"upstream request timeout", _TEXT)
_UNFIT = re.compile(r"[^\w.-]+")  # for the name of a container
_BACKLOG, _TAIL_LINES = 512, 10


@dataclass(frozen=True)
class Ingress:
    """Where a service answers: ``port`` on 127.0.0.1. ``forward`` gives the headers that an instance gets.

    ``idle`` is how many seconds a client's connection may be silent; ``full`` is the answer when no instance
    has room for a request that has waited for it. ``refuse`` may answer a request instead of an instance.
    """

    port: int
    forward: Callable[[Head, Headers], Headers]
    tls: ssl.SSLContext | None = None
    idle: float = 300.0
    full: Plain = _FULL
    refuse: Callable[[Head], Plain | None] = lambda _: None


class Service:
    """Everything here runs in the runner's event loop."""

    def __init__(
        self,
        name: str,
        ingress: Ingress,
        engine: Engine,
        labels: Mapping[str, str],
        *,
        changed: Callable[[], None],
        minute: float,
    ) -> None:
        self._name, self._ingress = name, ingress
        self._engine, self._labels = engine, labels
        self._changed, self._minute = changed, minute
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.StreamWriter] = set()
        self._split, self._tags = Split([]), dict[str, str]()
        self.fleets: dict[str, Fleet] = {}
        self.leaving: dict[Fleet, asyncio.Task[None]] = {}
        self.logs = Logs()

    # Its ingress

    async def open(self, ingress: Ingress) -> None:
        """Listen as told, or as told anew. Raise OSError when the port cannot be had."""
        before, self._ingress = self._ingress, ingress
        if self._server and (before.port, before.tls) == (ingress.port, ingress.tls):
            return
        if self._server:
            self._server.close()
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", ingress.port, ssl=ingress.tls, backlog=_BACKLOG
        )

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ingress = self._ingress
        listener = Listener(
            self._route, ingress.forward, lambda: ingress.idle, broken=_BROKEN, overdue=_OVERDUE
        )
        self._clients.add(writer)
        try:
            await listener(reader, writer)
        finally:
            self._clients.discard(writer)

    # Its revisions

    def start(self, revision: Revision) -> None:
        """Run it; of a revision that runs already only the scale can change, otherwise it is replaced."""
        running = self.fleets.get(revision.name)
        lives = running and running.status().phase is not Phase.FAILED
        if running and lives and replace(running.revision, scale=revision.scale) == revision:
            running.scale(revision.scale)
            return
        self.stop(revision.name)
        self.fleets[revision.name] = Fleet(
            revision,
            self._make,
            self._tail,
            lambda: self._ingress.full,
            changed=self._changed,
            minute=self._minute,
        )

    def stop(self, revision: str) -> None:
        """It is gone from now on; what it has in hand is finished in the background."""
        fleet = self.fleets.pop(revision, None)
        if fleet:
            task = self.leaving[fleet] = asyncio.create_task(fleet.stop())
            task.add_done_callback(lambda _: self.leaving.pop(fleet))
            self._changed()

    def _make(self, revision: Revision, moved: Callable[[Instance], None]) -> Instance:
        container = revision.container
        version = revision.name if revision.name.startswith(self._name) else f"{self._name}-{revision.name}"
        name = f"{_UNFIT.sub('-', version)}-{secrets.token_hex(4)}"
        spec = Spec(
            name=name,
            image=container.image,
            environ=container.environ,
            labels={**revision.labels, **self._labels},
            command=container.args,
            entrypoint=container.command,
            cpus=container.cpus,
            memory=container.memory,
            options={
                "healthcheck": {"test": ["NONE"]},  # neither cloud looks at the image's own
                "volumes": {file: {"bind": path, "mode": "ro"} for path, file in container.files.items()},
            },
        )
        put = functools.partial(self.logs.add, revision.name, name)
        return Instance(self._engine, spec, revision, put, moved)

    def _tail(self, instance: Instance) -> str:
        lines = self.logs.tail(instance.name, _TAIL_LINES)
        return ". It said at last:\n" + "\n".join(lines) if lines else ""

    # Its traffic

    def route(self, shares: Sequence[Share], tags: Mapping[str, str]) -> None:
        """From the next request on. Raise ValueError for shares that make no sense or unknown revisions."""
        split = Split(shares)
        if unknown := (split.revisions | set(tags.values())) - self.fleets.keys():
            raise ValueError(f"{self._name} has no revision {', '.join(sorted(unknown))}")
        self._split, self._tags = split, dict(tags)

    def _route(self, head: Head) -> Dispatcher | Plain:
        if refusal := self._ingress.refuse(head):
            return refusal
        # Cloud Run has tag---service.domain, Container Apps app---label.domain.
        labels = head.headers.get("host", "").partition(".")[0].split("---")
        tagged = next((self._tags[label] for label in labels if label in self._tags), None)
        revision = tagged or self._split.next()
        if revision is None:
            return _UNROUTED
        fleet = self.fleets.get(revision)
        return fleet.dispatcher if fleet else _BROKEN

    # Its end

    async def close(self) -> None:
        """Take no more requests, finish those in hand, and free the port."""
        if self._server:
            self._server.close()
        for revision in list(self.fleets):
            self.stop(revision)
        await asyncio.gather(*self.leaving.values())
        self._disconnect()

    async def abandon(self) -> None:
        """Remove everything at once."""
        if self._server:
            self._server.close()
        self._disconnect()
        await asyncio.gather(*(fleet.abandon() for fleet in {*self.fleets.values(), *self.leaving}))
        self.fleets.clear()

    def _disconnect(self) -> None:
        for writer in list(self._clients):
            writer.close()
