"""ai_api.cloud.image_push: an image of the local engine in the registry of a cloud, known by its digest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ..module_utils.aws import registry as aws
from ..module_utils.aws.session import preload
from ..module_utils.azure import registry as azure
from ..module_utils.core.action import CloudAction, Result
from ..module_utils.core.errors import CloudError
from ..module_utils.core.later import LATER, later
from ..module_utils.core.options import CONNECTION
from ..module_utils.gcp import registry as gcp
from ..module_utils.image.push import Registry, push

REGISTRIES: dict[str, Callable[[Mapping[str, Any], str], Registry]] = {
    "aws": aws.Registry,
    "gcp": gcp.Registry,
    "azure": azure.Registry,
}
preload("ecr")


class ActionModule(CloudAction):
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        **CONNECTION,
        "image": {"type": "str", "required": True},
        "repository": {"type": "str", "required": True},
        "push_host": {"type": "str", "default": ""},
    }

    def apply(self, options: dict[str, Any]) -> Result:
        repository, tag = options["repository"], options["image"].rpartition(":")[2]
        if LATER in repository:  # check mode, and the repository itself is not there yet
            return result(repository, tag, None)
        registry = REGISTRIES[options["cloud"]](options, repository)
        digest = registry.digest(tag)
        if digest:
            return result(repository, tag, digest, changed=False)
        if self.check_mode:
            return result(repository, tag, None)
        push(
            options["image"],
            push_target(repository, options["push_host"], tag),
            registry.login(),
            self.progress,
        )
        digest = registry.digest(tag)
        if digest is None:
            raise CloudError(
                f"{repository}:{tag} was pushed, and the registry does not show it", next_step="Re-run."
            )
        return result(repository, tag, digest)


def push_target(repository: str, push_host: str, tag: str) -> str:
    """What to push as: the repository's address, on ``push_host`` where that is another."""
    host, _, name = repository.partition("/")
    return f"{push_host or host}/{name}:{tag}"


def result(repository: str, tag: str, digest: str | None, *, changed: bool = True) -> Result:
    reference = f"{repository}@{digest or later(f'digest of {tag}')}"
    return {"changed": changed, "reference": reference, "tag": tag, "digest": digest}
