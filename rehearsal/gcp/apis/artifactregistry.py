"""Artifact Registry: Docker repositories. What is in them is images.py's."""

from __future__ import annotations

import re

from ..collection import Collection, Kind
from ..errors import ApiError
from ..operations import Operations
from ..policies import Policies, handlers
from ..rpc import Handlers, Json, Rpc
from ..timing import Timing
from .images import Images

DOCUMENT = "artifactregistry.v1"
_PREFIX = "artifactregistry.projects.locations"
_REPOSITORIES = f"{_PREFIX}.repositories"
_TYPE = "type.googleapis.com/google.devtools.artifactregistry.v1"
_SECONDS = 0.2
_KIND = Kind(
    collection="repositories",
    parameter="repositoryId",
    pattern=re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?"),
    missing="Requested entity was not found.",
    exists="the repository already exists",
    rule="it may hold lower-case letters, numbers and hyphens, must begin with a letter and end with a "
    "letter or number, 63 characters at most.",
    immutable=("format", "mode", "kmsKeyName"),
)


class ArtifactRegistry:
    def __init__(self, policies: Policies, images: Images, timing: Timing) -> None:
        self._policies, self._images, self._timing = policies, images, timing
        self._operations = Operations()
        self.repositories = Collection(_KIND)

    @property
    def handlers(self) -> Handlers:
        return {
            f"{_REPOSITORIES}.create": self._create,
            f"{_REPOSITORIES}.get": lambda rpc: self._view(self.repositories.find(rpc.name)),
            f"{_REPOSITORIES}.list": self._list,
            f"{_REPOSITORIES}.patch": self._patch,
            f"{_REPOSITORIES}.delete": self._delete,
            f"{_PREFIX}.operations.get": self._operations.get,
            **handlers(_REPOSITORIES, self._policies, self.repositories.find),
        }

    def clear(self) -> None:
        self._operations.clear()
        self.repositories.items.clear()

    def operation(self, rpc: Rpc, response: Json) -> Json:
        """One that ends with this answer, after a while."""

        async def work() -> Json:
            await self._timing.pause(rpc, _SECONDS)
            return response

        parent = "/".join(rpc.name.split("/")[:4]) + "/"
        metadata = {"@type": f"{_TYPE}.OperationMetadata"}
        return self._operations.start(parent, lambda: metadata, work()).view

    def _create(self, rpc: Rpc) -> Json:
        name = self.repositories.new_name(rpc)
        content = {"mode": "STANDARD_REPOSITORY", **rpc.body}
        if content.get("format", "FORMAT_UNSPECIFIED") == "FORMAT_UNSPECIFIED":
            raise ApiError("INVALID_ARGUMENT", "repository.format is required.")
        if content["format"] != "DOCKER":
            raise ApiError("UNIMPLEMENTED", "The stand-in keeps Docker repositories only: repository.format.")
        _fill_policies(content)
        repository = self.repositories.add(name, content)
        return self.operation(rpc, {"@type": f"{_TYPE}.Repository", **self._view(repository)})

    def _list(self, rpc: Rpc) -> Json:
        answer = self.repositories.page(rpc, "repositories")
        if "repositories" in answer:
            answer["repositories"] = [self._view(one) for one in answer["repositories"]]
        return answer

    def _patch(self, rpc: Rpc) -> Json:
        changed = self.repositories.patched(rpc)
        _fill_policies(changed)
        return self._view(self.repositories.replace(rpc.name, changed))

    def _delete(self, rpc: Rpc) -> Json:
        self.repositories.remove(rpc.name)
        self._policies.drop(rpc.name)
        self._images.drop(rpc.name)
        return self.operation(rpc, {"@type": "type.googleapis.com/google.protobuf.Empty"})

    def _view(self, repository: Json) -> Json:
        """As Google shows it, which is without an etag and with what is in it."""
        _, project, _, location, _, name = repository["name"].split("/")
        return {
            **{key: value for key, value in repository.items() if key != "etag"},
            "registryUri": f"{location}-docker.pkg.dev/{project}/{name}",
            "sizeBytes": str(self._images.size(repository["name"])),
            "satisfiesPzi": True,
        }


def _fill_policies(repository: Json) -> None:
    """A clean-up policy's id is its key. Raise ApiError for policies that cannot be."""
    for key, policy in repository.get("cleanupPolicies", {}).items():
        if policy.setdefault("id", key) != key:
            raise ApiError("INVALID_ARGUMENT", f"cleanupPolicies[{key}].id must be its key.")
        if policy.get("action") not in ("DELETE", "KEEP"):
            raise ApiError("INVALID_ARGUMENT", f"cleanupPolicies[{key}].action is required.")
        if ("condition" in policy) == ("mostRecentVersions" in policy):
            text = f"cleanupPolicies[{key}]: exactly one of condition and mostRecentVersions must be set."
            raise ApiError("INVALID_ARGUMENT", text)
        if "mostRecentVersions" in policy and policy["action"] != "KEEP":
            text = f"cleanupPolicies[{key}].mostRecentVersions needs the action KEEP."
            raise ApiError("INVALID_ARGUMENT", text)


def fixed(repository: Json) -> bool:
    """Whether its tags stay what they are."""
    return bool(repository.get("dockerConfig", {}).get("immutableTags"))
