"""The GCP stand-in put together."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

from ..core.admin import Admin
from ..core.asgi import Receive, Request, Response, Scope, Send, read_request, respond
from ..core.blobs import Blobs
from ..core.calls import CallLog
from ..core.containers import Engine
from ..core.faults import FaultTable
from ..core.front import Front
from ..core.registry import Registry
from . import metadata
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
from .metadata import MetadataServer
from .plane import ControlPlane, Found
from .policies import Policies
from .repositories import GoogleRepositories
from .run import cloud_run, knative, logs
from .run.cloud_run import CloudRun
from .run.surroundings import Surroundings
from .timing import Timing
from .tokens import Tokens


class GcpStandIn:
    """``front`` is its ASGI application. Everything of it belongs to the event loop that makes it."""

    def __init__(self, config: Config) -> None:
        self._config, self._loop = config, asyncio.get_running_loop()
        project, number = config.project, config.number
        self._faults, self._calls = FaultTable(), CallLog()
        timing, self._tokens = Timing(self._faults), Tokens(config.key)
        self._accounts = Accounts(project)
        self._policies = Policies(self._accounts.seen)
        self._usage = ServiceUsage(project, number, timing)
        self._images, self._blobs = Images(), Blobs(Path(config.state) / "registry")
        self._registry = ArtifactRegistry(self._policies, self._images, timing)
        self._secrets = SecretManager(project, number, self._policies)
        # Cloud Run pulls images as a service of Google's own, which needs no role here.
        self._agent = f"service-{number}@serverless-robot-prod.iam.gserviceaccount.com"
        self._agent_password = secrets.token_urlsafe(32)
        repositories = GoogleRepositories(self._registry, self._images, self._identify, self._allowed)
        surroundings = Surroundings(
            config,
            password=self._agent_password,
            repositories=repositories,
            secrets=self._secrets,
            policies=self._policies,
            usable=self._accounts.usable,
        )
        self._run = CloudRun(
            config=config,
            engine=Engine(),
            surroundings=surroundings,
            policies=self._policies,
            tokens=self._tokens,
            timing=timing,
        )
        self._metadata = MetadataServer(project, number, self._tokens, self._run.account)
        plane = ControlPlane(project, number, self._admit)
        images = self._images.handlers(
            self._registry.repositories.find, self._registry.operation, artifactregistry.fixed
        )
        projects = ResourceManager(project, number, self._policies)
        plane.serve("run", cloud_run.DOCUMENT, self._run.handlers)
        plane.serve("run", knative.DOCUMENT, self._run.old_handlers)
        plane.serve("secretmanager", secretmanager.DOCUMENT, self._secrets.handlers)
        plane.serve("artifactregistry", artifactregistry.DOCUMENT, self._registry.handlers | images)
        plane.serve("iam", iam.DOCUMENT, Iam(self._accounts, self._policies, timing).handlers)
        plane.serve("serviceusage", serviceusage.DOCUMENT, self._usage.handlers)
        plane.serve("cloudresourcemanager", resourcemanager.DOCUMENT, projects.handlers)
        plane.serve("cloudresourcemanager", resourcemanager.OLD_DOCUMENT, projects.old_handlers)
        plane.serve("logging", logs.DOCUMENT, self._run.logs.handlers)
        self._begin()
        self.front = Front(
            app=self._app,
            registry=Registry(self._blobs, repositories),
            dialect=GoogleDialect(plane, self._tokens),
            admin=Admin(self._faults, self._calls, {"POST reset": self._reset}),
            faults=self._faults,
            calls=self._calls,
        )

    def close(self) -> None:
        """Leave no container behind."""
        self._run.clear()

    def _begin(self) -> None:
        """An empty project: its owner is the service account that deploys."""
        owner = self._config.key["client_email"]
        self._accounts.add(owner.partition("@")[0], {"displayName": "Deploys"})
        binding = {"role": "roles/owner", "members": [f"serviceAccount:{owner}"]}
        self._policies.set(f"projects/{self._config.project}", {"bindings": [binding]})

    # Who may do what

    def _identify(self, password: str) -> str | None:
        if secrets.compare_digest(password, self._agent_password):
            return self._agent
        return self._tokens.identify(password)

    def _allowed(self, email: str, permission: str, resource: str) -> bool:
        return email == self._agent or self._policies.allow(f"serviceAccount:{email}", permission, resource)

    def _admit(self, found: Found, caller: str) -> None:
        if found.name.startswith("projects/"):
            self._usage.require(found.api)
            if not self._allowed(caller, found.permission, found.name):
                raise denied(found.permission, found.name, f"{found.api}.googleapis.com")

    # What is neither an API nor the registry

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = await read_request(scope, receive)
        if (request.method, request.path) == ("POST", "/token"):
            await respond(send, self._tokens.answer(request))
        elif request.path == "/" or request.path.startswith(metadata.PREFIX):
            await respond(send, await self._metadata(request))
        else:
            await respond(send, Response.json({"error": f"nothing answers {request.path}"}, 404))

    def _reset(self, _: Request) -> Response:
        """Asked in a thread of its own."""
        asyncio.run_coroutine_threadsafe(self._clear(), self._loop).result()
        return Response.json({"status": "empty"})

    async def _clear(self) -> None:
        for store in (
            self._run,
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
