"""What was pushed to Artifact Registry: packages of versions with tags, and the same as Docker images."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote

from ...core.registry import Manifest
from ..collection import page
from ..errors import ApiError
from ..rpc import Handlers, Json, Rpc, now

_REPOSITORIES = "artifactregistry.projects.locations.repositories"
_PACKAGES = f"{_REPOSITORIES}.packages"


@dataclass
class Package:
    """``versions`` by digest, with the time of the push; ``tags`` to digests."""

    name: str
    created: str = field(default_factory=now)
    updated: str = field(default_factory=now)
    versions: dict[str, tuple[Manifest, str]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


class Images:
    """By the full names of repositories; a package is an image's path below its repository."""

    def __init__(self) -> None:
        self._packages: dict[str, dict[str, Package]] = {}

    def push(self, repository: str, path: str, reference: str, media_type: str, content: bytes) -> str:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        packages = self._packages.setdefault(repository, {})
        package = packages.setdefault(path, Package(f"{repository}/packages/{quote(path, safe='')}"))
        package.versions.setdefault(digest, (Manifest(digest, media_type, content), now()))
        if reference != digest:
            package.tags[reference] = digest
        package.updated = now()
        return digest

    def find(self, repository: str, path: str, reference: str) -> Manifest | None:
        """By tag or digest."""
        package = self._packages.get(repository, {}).get(path)
        if package is None:
            return None
        found = package.versions.get(package.tags.get(reference, reference))
        return found[0] if found else None

    def tags(self, repository: str, path: str) -> list[str]:
        package = self._packages.get(repository, {}).get(path)
        return sorted(package.tags) if package else []

    def size(self, repository: str) -> int:
        packages = self._packages.get(repository, {}).values()
        return sum(_size(manifest) for one in packages for manifest, _ in one.versions.values())

    def drop(self, repository: str) -> None:
        self._packages.pop(repository, None)

    def clear(self) -> None:
        self._packages.clear()

    def handlers(
        self,
        find: Callable[[str], Json],
        operation: Callable[[Rpc, Json], Json],
        fixed: Callable[[Json], bool],
    ) -> Handlers:
        """``find`` gives a repository, ``fixed`` says whether its tags are immutable."""

        def docker_images(rpc: Rpc) -> Json:
            find(rpc.name)
            return page(list(self._docker_images(rpc.name).values()), rpc.query, "dockerImages")

        def docker_image(rpc: Rpc) -> Json:
            repository = rpc.name.partition("/dockerImages/")[0]
            return _found(self._docker_images(find(repository)["name"]).get(rpc.name))

        def packages(rpc: Rpc) -> Json:
            find(rpc.name)
            packages = self._packages.get(rpc.name, {}).values()
            return page([_package(one) for one in packages], rpc.query, "packages")

        def tags(rpc: Rpc) -> Json:
            package = self._package(rpc.name)
            return page([_tag(package, tag) for tag in sorted(package.tags)], rpc.query, "tags")

        def tag(rpc: Rpc) -> Json:
            package, chosen = self._package(rpc.name), rpc.id
            return _tag(package, chosen) if chosen in package.tags else _found(None)

        def delete_tag(rpc: Rpc) -> Json:
            package = self._package(rpc.name)
            if fixed(find(rpc.name.partition("/packages/")[0])):
                raise ApiError("FAILED_PRECONDITION", "Tags of a repository with immutable tags stay.")
            _found(package.tags.pop(rpc.id, None))
            return {}

        def versions(rpc: Rpc) -> Json:
            package = self._package(rpc.name)
            return page([_version(package, digest) for digest in package.versions], rpc.query, "versions")

        def version(rpc: Rpc) -> Json:
            package, digest = self._package(rpc.name), rpc.id
            return _version(package, digest) if digest in package.versions else _found(None)

        def delete_version(rpc: Rpc) -> Json:
            package = self._package(rpc.name)
            held = [name for name, digest in package.tags.items() if digest == rpc.id]
            if held and not rpc.query.get("force"):
                text = f"The version has the tags {', '.join(held)}: delete them first or use force."
                raise ApiError("FAILED_PRECONDITION", text)
            _found(package.versions.pop(rpc.id, None))
            package.tags = {name: digest for name, digest in package.tags.items() if digest != rpc.id}
            return operation(rpc, {"@type": "type.googleapis.com/google.protobuf.Empty"})

        def delete_package(rpc: Rpc) -> Json:
            package = self._package(rpc.name)
            repository = rpc.name.partition("/packages/")[0]
            kept = {path: one for path, one in self._packages[repository].items() if one is not package}
            self._packages[repository] = kept
            return operation(rpc, {"@type": "type.googleapis.com/google.protobuf.Empty"})

        return {
            f"{_REPOSITORIES}.dockerImages.list": docker_images,
            f"{_REPOSITORIES}.dockerImages.get": docker_image,
            f"{_PACKAGES}.list": packages,
            f"{_PACKAGES}.get": lambda rpc: _package(self._package(rpc.name)),
            f"{_PACKAGES}.delete": delete_package,
            f"{_PACKAGES}.tags.list": tags,
            f"{_PACKAGES}.tags.get": tag,
            f"{_PACKAGES}.tags.delete": delete_tag,
            f"{_PACKAGES}.versions.list": versions,
            f"{_PACKAGES}.versions.get": version,
            f"{_PACKAGES}.versions.delete": delete_version,
        }

    def _package(self, name: str) -> Package:
        """The package of which ``name`` is the name, or of a part of which. Raise ApiError."""
        repository, _, rest = name.partition("/packages/")
        wanted = f"{repository}/packages/{rest.partition('/')[0]}"
        for package in self._packages.get(repository, {}).values():
            if package.name == wanted:
                return package
        raise ApiError("NOT_FOUND", "Requested entity was not found.")

    def _docker_images(self, repository: str) -> dict[str, Json]:
        _, project, _, location, _, name = repository.split("/")
        images = {}
        for path, package in self._packages.get(repository, {}).items():
            for digest, (manifest, time) in package.versions.items():
                image = f"{repository}/dockerImages/{quote(path, safe='')}@{digest}"
                images[image] = {
                    "name": image,
                    "uri": f"{location}-docker.pkg.dev/{project}/{name}/{path}@{digest}",
                    "tags": [tag for tag, tagged in package.tags.items() if tagged == digest],
                    "imageSizeBytes": str(_size(manifest)),
                    "mediaType": manifest.media_type,
                    "uploadTime": time,
                    "updateTime": time,
                }
        return images


def _found(item: object) -> Json:
    if item is None:
        raise ApiError("NOT_FOUND", "Requested entity was not found.")
    return item  # type: ignore[return-value]


def _package(package: Package) -> Json:
    return {"name": package.name, "createTime": package.created, "updateTime": package.updated}


def _tag(package: Package, tag: str) -> Json:
    version = f"{package.name}/versions/{package.tags[tag]}"
    return {"name": f"{package.name}/tags/{tag}", "version": version}


def _version(package: Package, digest: str) -> Json:
    manifest, time = package.versions[digest]
    return {
        "name": f"{package.name}/versions/{digest}",
        "createTime": time,
        "updateTime": time,
        "metadata": {"imageSizeBytes": str(_size(manifest)), "mediaType": manifest.media_type},
        "relatedTags": [_tag(package, tag) for tag, tagged in package.tags.items() if tagged == digest],
    }


def _size(manifest: Manifest) -> int:
    content = json.loads(manifest.content)
    parts = [content.get("config", {}), *content.get("layers", [])]
    return sum(part.get("size", 0) for part in parts)
