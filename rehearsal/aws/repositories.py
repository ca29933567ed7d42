"""ECR's repositories for the registry: logins that hold for a region, tags that stay what they are.

MiniStack asks for no login and keeps every layer in memory, which a few images fill; so the protocol and
the layers are ours, and the records stay its own.
"""

from __future__ import annotations

import base64
import json
import time
from typing import Any

from ..core.registry import Manifest, RefusedError
from . import ministack
from .config import Config

TOKEN_SECONDS = 12 * 3600


class EcrRepositories:
    """A session is the region whose token was used to log in."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._ecr = ministack.service("ecr")
        self._account = self._ecr.get_account_id()
        ministack.replace(self._ecr, "_get_authorization_token", self._token)
        for name in ("_v2_put_manifest", "_resolve_manifest"):
            if not callable(getattr(self._ecr, name, None)):
                raise ministack.VersionError(f"ministack's ECR has no {name}")

    def login(self, user: str, password: str) -> str | None:
        secret, _, region = password.rpartition(".")
        return region if user == "AWS" and secret == self._config.registry_password else None

    def exists(self, session: str, repository: str) -> bool:
        return self._ecr._repositories.get_scoped(self._account, session, repository) is not None

    def find(self, session: str, repository: str, reference: str) -> Manifest | None:
        with self._scope(session):
            digest, content, media_type = self._ecr._resolve_manifest(repository, reference)
        return Manifest(digest, media_type, content) if digest else None

    def put(self, session: str, repository: str, reference: str, media_type: str, content: bytes) -> str:
        with self._scope(session):
            headers = {"content-type": media_type}
            status, answered, body = self._ecr._v2_put_manifest(repository, reference, headers, content)
        if status >= 400:
            error = json.loads(body)["errors"][0]
            raise RefusedError(error["code"], error["message"])
        return str(answered["Docker-Content-Digest"])

    def tags(self, session: str, repository: str) -> list[str]:
        with self._scope(session):
            images = self._ecr._images.get(repository, [])
        return sorted({tag for image in images for tag in image.get("imageTags", [])})

    def _scope(self, region: str) -> Any:
        return ministack.service("ecs").request_scope(self._account, region)

    def _token(self, _: Any) -> Any:
        region = self._ecr.get_region()
        token = base64.b64encode(f"AWS:{password(self._config, region)}".encode()).decode()
        host = f"https://{self._account}.dkr.ecr.{region}.amazonaws.com"
        data = {"authorizationToken": token, "expiresAt": time.time() + TOKEN_SECONDS, "proxyEndpoint": host}
        return self._ecr.json_response({"authorizationData": [data]})


def password(config: Config, region: str) -> str:
    """The password of user AWS in a region."""
    return f"{config.registry_password}.{region}"
