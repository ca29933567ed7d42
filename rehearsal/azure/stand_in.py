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
        engine = Engine(cloud, kinds, Groups(cloud))
        self._admin = Admin(self._faults, self._calls, {"POST reset": self._reset})
        repositories = AcrRepositories(cloud, registries)
        login = RegistryLogin(cloud, registries, repositories)
        entra = Entra(config, cloud.tokens, cloud.roles, cloud.endpoint)
        registry = Registry(self._blobs, repositories)

        logs = LogQueries(cloud, self._workspaces, lambda _: ())

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
        self.vaults = front(VaultDialect(Secrets(cloud, self._vaults)))

    async def identity(self, scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, await self._admin(await read_request(scope, receive)))

    def close(self) -> None:
        """Leave no container behind."""

    def _reset(self, _: Request) -> Response:
        for store in (self._cloud.operations, self._cloud.store, self._vaults, self._workspaces, self._blobs):
            store.clear()
        self._faults.clear()
        self._calls.clear()
        return Response.json({"status": "empty"})


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """Every call is answered by a dialect."""
