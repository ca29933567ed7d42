"""How calls to Azure are named, and how Azure words refusals."""

from __future__ import annotations

import asyncio
import time

from ..core.asgi import Request, Response
from ..core.calls import Call
from .arm import ids
from .arm.engine import Engine
from .arm.errors import ArmError
from .cloud import ARM_AUDIENCES, Cloud
from .entra import Entra
from .logs import LogQueries
from .registry import RegistryLogin
from .tokens import expired
from .vault import Secrets

_READS = ("GET", "HEAD", "OPTIONS")
# A POST of ARM that changes nothing.
_ASKING = ("sharedkeys", "listsecrets", "listcredentials", "checknameavailability", "register")


def refusal(kind: str) -> Response:
    """Of a fault, in ARM's words, which Key Vault and the others share."""
    if kind == "throttle":
        message = "The request was throttled: too many requests have been received. Please try again later."
        return ArmError(429, "TooManyRequests", message, headers={"retry-after": "1"}).response()
    if kind == "expired-token":
        return expired(time.time() - 1).response()
    return ArmError(500, "InternalServerError", "The server encountered an internal error.").response()


class ArmDialect:
    """Of the port that ARM, Entra ID, Log Analytics and the registries' logins share.

    A call of ARM is named by namespace in lower case and ``METHOD type``, with the action of a POST:
    ``microsoft.app`` and ``PUT containerApps`` or ``POST containerApps/listSecrets``. The other services are
    ``entra`` (``POST token``), ``registry`` (``POST oauth2/exchange``), ``loganalytics`` (``POST query``) and
    ``metadata``.
    """

    def __init__(
        self, cloud: Cloud, engine: Engine, entra: Entra, login: RegistryLogin, logs: LogQueries
    ) -> None:
        self._cloud = cloud
        self._engine = engine
        self._entra = entra
        self._login = login
        self._logs = logs

    def is_call(self, path: str) -> bool:
        return True

    def identify(self, request: Request) -> Call:
        path, method = request.path.casefold(), request.method
        if path.startswith("/subscriptions"):
            return self._arm_call(request)
        if path.startswith("/metadata/"):
            return Call("metadata", f"{method} endpoints", mutating=False)
        if path.startswith(("/oauth2/", "/acr/")):
            step = "/".join(path.split("/")[1:3]) if path.startswith("/oauth2/") else path.rpartition("/")[2]
            return Call("registry", f"{method} {step}", mutating=method == "DELETE")
        if path.startswith("/v1/workspaces/"):
            return Call("loganalytics", f"{method} query", mutating=False)
        return Call("entra", f"{method} {path.rpartition('/')[2]}", mutating=False)

    def _arm_call(self, request: Request) -> Call:
        path = ids.parse(request.path)
        if path is None or not (path.group or path.steps):
            return Call("microsoft.resources", f"{request.method} subscriptions", mutating=False)
        kind = self._engine.kind_of(path)
        namespace = path.namespace or "microsoft.resources"
        types = "/".join((kind.type, *path.steps[2::2])) if kind else path.types or "resourceGroups"
        asking = request.method == "POST" and path.steps and path.steps[-1].casefold() in _ASKING
        mutating = request.method not in _READS and not asking
        return Call(namespace.lower(), f"{request.method} {types}", mutating)

    def refuse_identity(self, request: Request, call: Call) -> Response | None:
        if not request.path.casefold().startswith("/subscriptions"):
            return None
        try:
            caller = self._cloud.tokens.caller(request.headers, (*ARM_AUDIENCES, self._cloud.endpoint))
        except ArmError as error:
            return error.response()
        if caller == self._cloud.roles.deployer:
            return None
        return ArmError(
            403,
            "AuthorizationFailed",
            f"The client '{caller.client}' with object id '{caller.principal}' does not have authorization "
            f"to perform action '{call.service}/{call.action}' over scope '{request.path}' or the scope is "
            "invalid. If access was recently granted, please refresh your credentials.",
        ).response()

    def refusal(self, kind: str, call: Call, request: Request) -> Response:
        return refusal(kind)

    async def answer(self, request: Request, call: Call) -> Response | None:
        return await asyncio.to_thread(self._answer, request)

    def _answer(self, request: Request) -> Response:
        path = request.path.casefold()
        if path.startswith("/subscriptions"):
            return self._engine.answer(request)
        if path.startswith("/metadata/endpoints"):
            return Response.json(self._cloud.metadata())
        if path.startswith("/v1/workspaces/"):
            return self._logs.answer(request)
        found = self._login.answer(request) or self._entra.answer(request)
        return found or ArmError(404, "NotFound", f"There is nothing at '{request.path}'.").response()


class VaultDialect:
    """Of the vaults' ports: the service is ``vault``, the action for example ``PUT secrets``."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def is_call(self, path: str) -> bool:
        return True

    def identify(self, request: Request) -> Call:
        action = f"{request.method} {request.path.strip('/').split('/')[0].casefold()}"
        return Call("vault", action, request.method not in _READS)

    def refuse_identity(self, request: Request, call: Call) -> Response | None:
        return self._secrets.refuse(request)

    def refusal(self, kind: str, call: Call, request: Request) -> Response:
        return refusal(kind)

    async def answer(self, request: Request, call: Call) -> Response | None:
        port = request.headers.get("host", "").rpartition(":")[2]
        return self._secrets.answer(request, int(port) if port.isdecimal() else 443)
