"""Artifact Registry: what a repository holds, and how to log in to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ..core.errors import CloudError
from ..image.push import Login
from .session import Session

API = "artifactregistry"
USER = "oauth2accesstoken"  # says that the password is a token
_HOST = "-docker.pkg.dev"


class Registry:
    """The images at ``address``: ``<region>-docker.pkg.dev/<project>/<repository>/<image>``."""

    def __init__(self, options: Mapping[str, Any], address: str) -> None:
        self._session = Session(options)
        self.address = address
        host, _, path = address.partition("/")
        parts = path.removeprefix(f"{self._session.project.replace(':', '/')}/").split("/", 1)
        if not host.endswith(_HOST) or len(parts) != 2:
            raise CloudError(
                f"{address!r} is not the address of an image in project {self._session.project}",
                next_step="Expected <region>-docker.pkg.dev/<project>/<repository>/<image>.",
            )
        location, (repository, self._image) = host.removesuffix(_HOST), parts
        self._repository = (
            f"v1/projects/{self._session.project}/locations/{location}/repositories/{repository}"
        )

    def digest(self, tag: str) -> str | None:
        """The digest (sha256:...) of the image with ``tag``, None where there is none. Raises CloudError."""
        path = f"{self._repository}/packages/{quote(self._image, safe='')}/tags/{tag}"
        found = self._session.find(API, path, f"{self.address}:{tag}")
        if found:
            return str(found["version"]).rpartition("/")[2]
        if self._session.find(API, self._repository, self.address) is None:
            raise CloudError(
                f"There is no repository for {self.address}",
                code="NOT_FOUND",
                next_step="Apply the registry role first.",
            )
        return None

    def login(self) -> Login:
        """A login that is good for an hour at most. Raises CloudError."""
        return Login(USER, self._session.identity.token)
