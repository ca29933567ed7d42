"""The GCP stand-in put together."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ..core.admin import Admin
from ..core.asgi import Receive, Request, Response, Scope, Send, read_request, respond
from ..core.blobs import Blobs
from ..core.calls import CallLog
from ..core.faults import FaultTable
from ..core.front import Front
from ..core.registry import Registry
from .accounts import Accounts
from .apis import artifactregistry, iam, resourcemanager, secretmanager, serviceusage
from .apis.artifactregistry import ArtifactRegistry
from .apis.iam import Iam
from .apis.images import Images
from .apis.resourcemanager import ResourceManager
from .apis.secretmanager import SecretManager
from .apis.serviceusage import ServiceUsage
from .config import Config
from .dialect import GoogleDialect
from .errors import denied
from .plane import ControlPlane, Found
from .policies import Policies
from .repositories import GoogleRepositories
from .timing import Timing
from .tokens import Tokens


class GcpStandIn:
    """``front`` is its ASGI application."""

    def __init__(self, config: Config) -> None:
        self._config, self._loop = config, asyncio.get_running_loop()
        self._faults, self._calls = FaultTable(), CallLog()
        self._blobs = Blobs(Path(config.state) / "registry")
        self._tokens = Tokens(config.key)
        project, number, timing = config.project, config.number, Timing(self._faults)
        self._accounts = Accounts(project)
        self._policies = Policies(project, self._accounts.seen)
        self._iam = Iam(self._accounts, self._policies, timing)
        self._usage = ServiceUsage(project, number, timing)
        self._images = Images()
        self._registry = ArtifactRegistry(self._policies, self._images, timing)
        self._secrets = SecretManager(project, number, self._policies)
        self._projects = ResourceManager(project, number, self._policies)
        self._plane = self._serve()
        self._begin()
        self.front = Front(
            app=self._app,
            registry=Registry(
                self._blobs,
                GoogleRepositories(self._registry, self._images, self._tokens.identify, self._allowed),
            ),
            dialect=GoogleDialect(self._plane, self._tokens),
            admin=Admin(self._faults, self._calls, {"POST reset": self._reset}),
            faults=self._faults,
            calls=self._calls,
        )

    def close(self) -> None:
        """Leave no container behind."""

    def _serve(self) -> ControlPlane:
        plane = ControlPlane(self._config.project, self._config.number, self._admit)
        images = self._images.handlers(
            self._registry.repositories.find, self._registry.operation, artifactregistry.fixed
        )
        plane.serve("secretmanager", secretmanager.DOCUMENT, self._secrets.handlers)
        plane.serve("artifactregistry", artifactregistry.DOCUMENT, self._registry.handlers | images)
        plane.serve("iam", iam.DOCUMENT, self._iam.handlers)
        plane.serve("serviceusage", serviceusage.DOCUMENT, self._usage.handlers)
        plane.serve("cloudresourcemanager", resourcemanager.DOCUMENT, self._projects.handlers)
        plane.serve("cloudresourcemanager", resourcemanager.OLD_DOCUMENT, self._projects.old_handlers)
        return plane

    def _begin(self) -> None:
        """An empty project: its owner is the service account that deploys."""
        owner = self._config.key["client_email"]
        self._accounts.add(owner.partition("@")[0], {"displayName": "Deploys"})
        binding = {"role": "roles/owner", "members": [f"serviceAccount:{owner}"]}
        self._policies.set(f"projects/{self._config.project}", {"bindings": [binding]})

    def _admit(self, found: Found, caller: str) -> None:
        if found.name.startswith("projects/"):
            self._usage.require(found.api)
            if not self._allowed(caller, found.permission, found.name):
                raise denied(found.permission, found.name, f"{found.api}.googleapis.com")

    def _allowed(self, email: str, permission: str, resource: str) -> bool:
        return self._policies.allow(f"serviceAccount:{email}", permission, resource)

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What is neither an API nor the registry."""
        request = await read_request(scope, receive)
        if (request.method, request.path) == ("POST", "/token"):
            await respond(send, self._tokens.answer(request))
        else:
            await respond(send, Response.json({"error": f"nothing answers {request.path}"}, 404))

    def _reset(self, _: Request) -> Response:
        """Asked in another thread than that of the loop, to which everything here belongs."""
        asyncio.run_coroutine_threadsafe(self._clear(), self._loop).result()
        return Response.json({"status": "empty"})

    async def _clear(self) -> None:
        for store in (
            self._policies,
            self._accounts,
            self._usage,
            self._images,
            self._registry,
            self._secrets,
            self._blobs,
            self._faults,
            self._calls,
        ):
            store.clear()
        self._begin()
