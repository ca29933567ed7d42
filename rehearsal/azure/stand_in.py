"""The Azure stand-in put together."""

from __future__ import annotations

from pathlib import Path

from ..core.admin import Admin
from ..core.asgi import Receive, Request, Response, Scope, Send, read_request, respond
from ..core.blobs import Blobs
from ..core.calls import CallLog
from ..core.faults import FaultTable
from ..core.front import Front
from ..core.registry import Registry
from .apps.access import Access
from .apps.apps import ContainerApps
from .apps.identity import PATH, IdentityEndpoint
from .apps.running import Running
from .arm.engine import Engine
from .cloud import Cloud
from .config import Config
from .dialect import ArmDialect, VaultDialect
from .entra import Entra
from .kinds.assignments import Assignments, Definitions
from .kinds.environments import Environments
from .kinds.groups import Groups
from .kinds.identities import Identities
from .kinds.registries import Registries
from .kinds.vaults import DeletedVaults, VaultLocations, Vaults
from .kinds.workspaces import DeletedWorkspaces, Workspaces
from .logs import LogQueries
from .registry import AcrRepositories, RegistryLogin
from .vault import Secrets


class AzureStandIn:
    """``front`` is its ASGI application over TLS, ``vaults`` that of vaults, ``identity`` over plain HTTP."""

    def __init__(self, config: Config) -> None:
        self._faults, self._calls = FaultTable(), CallLog()
        self._cloud = cloud = Cloud(config, self._faults)
        self._blobs = Blobs(Path(config.state) / "registry")
        self._vaults, self._workspaces, registries = Vaults(cloud), Workspaces(cloud), Registries(cloud)
        kinds = (
            self._vaults,
            DeletedVaults(cloud, self._vaults),
            VaultLocations(cloud, self._vaults),
            self._workspaces,
            DeletedWorkspaces(cloud, self._workspaces),
            registries,
            Identities(cloud),
            Environments(cloud),
            Assignments(cloud),
            Definitions(cloud),
        )
        secrets, repositories = Secrets(cloud, self._vaults), AcrRepositories(cloud, registries)
        access = Access(cloud, self._vaults, secrets, registries, repositories)
        self._running = Running(cloud, access, config.ca_file)
        self._identities = IdentityEndpoint(cloud, access)
        engine = Engine(cloud, (*kinds, ContainerApps(cloud, access, self._running)), Groups(cloud))
        self._admin = Admin(self._faults, self._calls, {"POST reset": self._reset})
        logs = LogQueries(cloud, self._workspaces, self._running.lines)
        login = RegistryLogin(cloud, registries, repositories)
        entra = Entra(config, cloud.tokens, cloud.roles, cloud.endpoint)
        registry = Registry(self._blobs, repositories)

        def front(dialect: ArmDialect | VaultDialect) -> Front:
            return Front(
                app=_nothing,
                registry=registry,
                dialect=dialect,
                admin=self._admin,
                faults=self._faults,
                calls=self._calls,
            )

        self.front = front(ArmDialect(cloud, engine, entra, login, logs))
        self.vaults = front(VaultDialect(secrets))

    async def identity(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = await read_request(scope, receive)
        answered = self._identities.answer(request) if request.path == PATH else await self._admin(request)
        await respond(send, answered)

    def close(self) -> None:
        """Leave no container behind."""
        self._running.shutdown()

    def _reset(self, _: Request) -> Response:
        self._running.shutdown()
        for store in (self._cloud.operations, self._cloud.store, self._vaults, self._workspaces, self._blobs):
            store.clear()
        self._faults.clear()
        self._calls.clear()
        return Response.json({"status": "empty"})


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """Every call is answered by a dialect."""
