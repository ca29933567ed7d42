"""Where a task's image comes from.

The real Fargate pulls from ECR. Here ECR is this process, so its host name is replaced by our registry's
and nothing leaves the machine; an image that the engine already has by its digest is not pulled again.
"""

from __future__ import annotations

import re

from docker.errors import APIError

from ...core.containers import Engine
from ..config import Config
from ..repositories import password

_ECR = re.compile(r"^\d{12}\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<image>.+)$")


class PullError(Exception):
    """The image cannot be had."""


def fetch(image: str, engine: Engine, config: Config) -> str:
    """Make sure that the engine has the image; its name there. Raise PullError."""
    match = _ECR.match(image)
    name = f"{config.registry_host}/{match['image']}" if match else image
    pinned = "@sha256:" in name
    if engine.has_image(name) and (pinned or not match):
        return name
    login = ("AWS", password(config, match["region"])) if match else None
    try:
        engine.pull(name, login)
    except APIError as error:
        raise PullError(f"CannotPullContainerError: {image}: {error.explanation}") from error
    return name
