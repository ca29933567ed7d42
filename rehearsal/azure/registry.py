"""ACR's data plane: its login by token exchange, its catalogue, and its repositories for the registry."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from ..core.asgi import Request, Response
from ..core.registry import Manifest, RefusedError
from .arm.errors import ArmError
from .arm.store import Record
from .cloud import ARM_AUDIENCES, REGISTRY_AUDIENCES, Cloud
from .kinds.registries import Registries
from .roles import PULL, PUSH
from .tokens import Caller

USER = "00000000-0000-0000-0000-000000000000"
_REFRESH_SECONDS, _ACCESS_SECONDS = 3 * 3600, 4500
_CATALOGUE = re.compile(r"/acr/v1/(?P<repository>.+)/(?P<what>_tags|_manifests)(/(?P<reference>[^/]+))?")


@dataclass(frozen=True)
class Session:
    """Whose images in which registry."""

    registry: Record
    caller: Caller


class AcrRepositories:
    """Repositories come into being by a push. A session is what a token says: a registry and a caller."""

    def __init__(self, cloud: Cloud, registries: Registries) -> None:
        self._cloud = cloud
        self._registries = registries

    def login(self, user: str, password: str) -> Session | None:
        """By refresh token as Docker's password, or by an access token alone."""
        claims = self._cloud.tokens.claims(password)
        if claims is None or claims["exp"] <= time.time() or user not in ("", USER):
            return None
        record = self._registries.find(claims["aud"])
        return Session(record, Caller(claims["oid"], claims["appid"])) if record else None

    def exists(self, session: Session, repository: str) -> bool:
        """Any that may be: one who may not pull is told that there is none."""
        return self._cloud.roles.allow(session.caller, PULL, session.registry.id)

    def find(self, session: Session, repository: str, reference: str) -> Manifest | None:
        images = session.registry.hidden["images"].get(repository, {"tags": {}, "manifests": {}})
        found: Manifest | None = images["manifests"].get(images["tags"].get(reference, reference))
        return found

    def put(self, session: Session, repository: str, reference: str, media_type: str, content: bytes) -> str:
        if not self._cloud.roles.allow(session.caller, PUSH, session.registry.id):
            raise RefusedError("DENIED", "requested access to the resource is denied")
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        images = session.registry.hidden["images"].setdefault(repository, {"tags": {}, "manifests": {}})
        images["manifests"][digest] = Manifest(digest, media_type, content)
        if not reference.startswith("sha256:"):
            images["tags"][reference] = digest
        return digest

    def tags(self, session: Session, repository: str) -> list[str]:
        return sorted(session.registry.hidden["images"].get(repository, {"tags": {}})["tags"])

    def delete(self, session: Session, repository: str, digest: str) -> bool:
        """A manifest with its tags."""
        images = session.registry.hidden["images"].get(repository)
        if not images or images["manifests"].pop(digest, None) is None:
            return False
        images["tags"] = {tag: each for tag, each in images["tags"].items() if each != digest}
        return True

    def refresh_token(self, registry: Record, caller: Caller) -> str:
        server = f"{registry.name.lower()}.azurecr.io"
        return self._cloud.tokens.make(caller, server, _REFRESH_SECONDS, grant_type="refresh_token")


class RegistryLogin:
    """``/oauth2/exchange``, ``/oauth2/token`` and ``/acr/v1``; a request names its registry."""

    def __init__(self, cloud: Cloud, registries: Registries, repositories: AcrRepositories) -> None:
        self._cloud = cloud
        self._registries = registries
        self._repositories = repositories

    def answer(self, request: Request) -> Response | None:
        """None for what is not a registry's."""
        if request.path == "/oauth2/exchange" and request.method == "POST":
            return self._exchange(_form(request))
        if request.path == "/oauth2/token":
            return self._access_token(request)
        match = _CATALOGUE.fullmatch(request.path)
        return self._catalogue(request, match) if match else None

    def _exchange(self, form: dict[str, str]) -> Response:
        if form.get("grant_type") != "access_token":
            return _error(400, "UNSUPPORTED", "The grant_type must be access_token.")
        try:
            headers = {"authorization": f"Bearer {form.get('access_token', '')}"}
            caller = self._cloud.tokens.caller(headers, (*REGISTRY_AUDIENCES, *ARM_AUDIENCES))
        except ArmError as error:
            return _error(401, "UNAUTHORIZED", f"authentication required: {error}")
        registry = self._registries.find(form.get("service", ""))
        if registry is None:
            return _error(404, "NAME_UNKNOWN", f"There is no registry '{form.get('service', '')}'.")
        if not self._cloud.roles.allow(caller, PULL, registry.id):
            message = "authentication required, visit https://aka.ms/acr/authorization for more information."
            return _error(401, "UNAUTHORIZED", message)
        return Response.json({"refresh_token": self._repositories.refresh_token(registry, caller)})

    def _access_token(self, request: Request) -> Response:
        """By refresh token, in a form (POST) or as Docker's password (GET)."""
        form = _form(request) if request.method == "POST" else {k: v[0] for k, v in request.query.items()}
        token = form.get("refresh_token", "") or _password(request)
        session = self._repositories.login(USER, token)
        if session is None:
            return _error(401, "UNAUTHORIZED", "authentication required: the refresh token is not valid.")
        server = f"{session.registry.name.lower()}.azurecr.io"
        scope = form.get("scope", "")
        made = self._cloud.tokens.make(session.caller, server, _ACCESS_SECONDS, access=scope)
        return Response.json({"access_token": made, "token": made, "expires_in": _ACCESS_SECONDS})

    def _catalogue(self, request: Request, match: re.Match[str]) -> Response:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        session = self._repositories.login("", token if kind.lower() == "bearer" else _password(request))
        if session is None:
            return _error(401, "UNAUTHORIZED", "authentication required")
        repository = match["repository"]
        images = session.registry.hidden["images"].get(repository)
        if images is None:
            return _error(404, "NAME_UNKNOWN", f"repository name not known to registry: {repository}")
        return _of_repository(session, repository, images, match)


def _of_repository(
    session: Session, repository: str, images: dict[str, Any], match: re.Match[str]
) -> Response:
    base = {"registry": f"{session.registry.name.lower()}.azurecr.io", "imageName": repository}
    tags = [{"name": tag, "digest": digest} for tag, digest in sorted(images["tags"].items())]
    manifests = [
        {
            "digest": digest,
            "imageSize": len(manifest.content),
            "mediaType": manifest.media_type,
            "tags": [tag["name"] for tag in tags if tag["digest"] == digest],
        }
        for digest, manifest in images["manifests"].items()
    ]
    one, many, found, key = (
        ("tag", "tags", tags, "name")
        if match["what"] == "_tags"
        else ("manifest", "manifests", manifests, "digest")
    )
    if not match["reference"]:
        return Response.json({**base, many: found})
    for each in found:
        if each[key] == match["reference"]:
            return Response.json({**base, one: each})
    return _error(404, "MANIFEST_UNKNOWN", f"{one} '{match['reference']}' is not known")


def _form(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.body.decode(errors="replace")).items()}


def _password(request: Request) -> str:
    """Of basic authentication, empty if there is none."""
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return ""
    return base64.b64decode(encoded + "==").decode(errors="replace").partition(":")[2]


def _error(status: int, code: str, message: str) -> Response:
    return Response(status, json.dumps({"errors": [{"code": code, "message": message}]}).encode())
