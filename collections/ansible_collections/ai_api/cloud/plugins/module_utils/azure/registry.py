"""Azure Container Registry: what a repository holds, and how to log in to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.errors import CloudError
from ..image.push import Login
from .errors import explain
from .identity import caller_of
from .session import Session

AUDIENCE = "https://containerregistry.azure.net"  # in every cloud
USER = "00000000-0000-0000-0000-000000000000"  # says that the password is a token
MANIFESTS = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)


class Registry:
    """The repository at ``address`` (host/name). ``push_host`` of the ``options`` is where it answers."""

    def __init__(self, options: Mapping[str, Any], address: str) -> None:
        self._session = Session(options)
        self.address = address
        self._service, _, self._name = address.partition("/")
        self._url = f"https://{options.get('push_host') or self._service}"
        self._resource = f"registry {self._service}"

    def digest(self, tag: str) -> str | None:
        """The digest (sha256:...) of the image with ``tag``, None where there is none. Raises CloudError."""
        token = self._token(
            "token",
            "access_token",
            grant_type="refresh_token",
            refresh_token=self.login().password,
            scope=f"repository:{self._name}:pull",
        )
        what = f"{self.address}:{tag}"
        answer = self._session.request(
            "HEAD",
            f"{self._url}/v2/{self._name}/manifests/{tag}",
            "read",
            what,
            headers={"Authorization": f"Bearer {token}", "Accept": MANIFESTS},
        )
        if answer.status_code == 404:  # the repository itself is made by the first push
            return None
        if answer.status_code != 200:
            raise explain(answer, "read", what)
        return str(answer.headers["Docker-Content-Digest"])

    def login(self) -> Login:
        """A login that is good for three hours. Raises CloudError."""
        token = self._session.identity.token(AUDIENCE)
        tenant = caller_of(token).tenant
        refresh = self._token(
            "exchange", "refresh_token", grant_type="access_token", tenant=tenant, access_token=token
        )
        return Login(USER, refresh)

    def _token(self, endpoint: str, kind: str, **form: str) -> str:
        answer = self._session.request(
            "POST",
            f"{self._url}/oauth2/{endpoint}",
            "log in to",
            self._resource,
            headers={},
            data={"service": self._service, **form},
        )
        if answer.status_code == 404:
            raise CloudError(f"There is no {self._resource}", next_step="Apply the registry role first.")
        if answer.status_code != 200:
            raise explain(answer, "log in to", self._resource)
        return str(answer.json()[kind])
