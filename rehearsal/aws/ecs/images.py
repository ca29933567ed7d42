"""Where a task's image comes from.

The real Fargate pulls from ECR. Here ECR is this process, so its host name is replaced by our registry's
and nothing leaves the machine; an image that the engine already has by its digest is not pulled again.
"""

from __future__ import annotations

import re

from docker.errors import APIError

from ...core.containers import Engine
from ..config import Config

_ECR = re.compile(r"^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/(?P<image>.+)$")


class PullError(Exception):
    """The image cannot be had."""


def local_name(image: str, registry_host: str) -> str:
    """The image as our registry names it; one from elsewhere stays as it is."""
    match = _ECR.match(image)
    return f"{registry_host}/{match['image']}" if match else image


def fetch(image: str, engine: Engine, config: Config) -> str:
    """Make sure that the engine has the image; its name there. Raise PullError."""
    name = local_name(image, config.registry_host)
    pinned = "@sha256:" in name
    if pinned and engine.has_image(name):
        return name
    ours = name != image
    try:
        engine.pull(name, *(("AWS", config.registry_password) if ours else ()))
    except APIError as error:
        if not ours and engine.has_image(name):
            return name
        raise PullError(f"CannotPullContainerError: {image}: {error.explanation}") from error
    return name
