"""Artifact Registry for the registry's protocol: logins by access token, tags that stay what they are."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..core.registry import Manifest, RefusedError
from .apis.artifactregistry import ArtifactRegistry, fixed
from .apis.images import Images

USER = "oauth2accesstoken"
_HOST = re.compile(r"(?P<location>[a-z0-9-]+)-docker\.pkg\.dev/(?P<path>.+)")


class GoogleRepositories:
    """Images are ``<project>/<repository>/<path>``, with or without ``<location>-docker.pkg.dev/`` before it.

    Google's location is in the host's name, which here is one for all of them: without a location it is
    that of the only repository of this name. A session is the e-mail address of who logged in; ``allowed``
    says whether it has a permission on a repository.
    """

    def __init__(
        self,
        registry: ArtifactRegistry,
        images: Images,
        identify: Callable[[str], str | None],
        allowed: Callable[[str, str, str], bool],
    ) -> None:
        self._registry, self._images = registry, images
        self._identify, self._allowed = identify, allowed

    def login(self, user: str, password: str) -> str | None:
        return self._identify(password) if user == USER else None

    def exists(self, session: str, repository: str) -> bool:
        found = self.locate(repository)
        return bool(found and self._allowed(session, _permission("download"), found[0]))

    def find(self, session: str, repository: str, reference: str) -> Manifest | None:
        found = self.locate(repository)
        return self.manifest(*found, reference) if found else None

    def put(self, session: str, repository: str, reference: str, media_type: str, content: bytes) -> str:
        found = self.locate(repository)
        if found is None:
            raise RefusedError("NAME_UNKNOWN", f"Repository {repository} not found")
        if not self._allowed(session, _permission("upload"), found[0]):
            raise RefusedError("DENIED", f"Permission '{_permission('upload')}' denied on {found[0]}")
        name, path = found
        before = self._images.find(name, path, reference)
        if fixed(self._registry.repositories.items[name]) and before and before.content != content:
            text = f"cannot update tag {reference}. The repository has enabled tag immutability"
            raise RefusedError("MANIFEST_INVALID", text)
        return self._images.push(name, path, reference, media_type, content)

    def tags(self, session: str, repository: str) -> list[str]:
        found = self.locate(repository)
        return self._images.tags(*found) if found else []

    def manifest(self, repository: str, path: str, reference: str) -> Manifest | None:
        """By the full name of the repository."""
        return self._images.find(repository, path, reference)

    def locate(self, image: str) -> tuple[str, str] | None:
        """The full name of the repository and the path in it; None when there is none, or several."""
        match = _HOST.fullmatch(image)
        project, _, rest = (match["path"] if match else image).partition("/")
        repository, _, path = rest.partition("/")
        location = match["location"] if match else "[^/]+"
        wanted = re.compile(
            f"projects/{re.escape(project)}/locations/{location}/repositories/{re.escape(repository)}"
        )
        names = [name for name in self._registry.repositories.items if wanted.fullmatch(name)]
        return (names[0], path) if len(names) == 1 and path else None


def _permission(what: str) -> str:
    return f"artifactregistry.repositories.{what}Artifacts"
