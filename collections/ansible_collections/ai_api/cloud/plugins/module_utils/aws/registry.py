"""ECR: what a repository holds, and how to log in to it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from ..core.errors import CloudError
from ..image.push import Login
from .errors import explain, explained
from .session import client

if TYPE_CHECKING:
    from mypy_boto3_ecr import ECRClient


class Registry:
    """The ECR repository at ``address`` (host/name)."""

    def __init__(self, options: Mapping[str, Any], address: str) -> None:
        self._ecr = cast("ECRClient", client("ecr", options))
        self.address = address
        self._name = address.partition("/")[2]
        self._resource = f"ECR repository {self._name}"

    def digest(self, tag: str) -> str | None:
        """The digest (sha256:...) of the image with ``tag``, None where there is none. Raises CloudError."""
        try:
            found = self._ecr.describe_images(repositoryName=self._name, imageIds=[{"imageTag": tag}])
        except self._ecr.exceptions.ImageNotFoundException:
            return None
        except self._ecr.exceptions.RepositoryNotFoundException as error:
            raise CloudError(
                f"there is no {self._resource}",
                code="RepositoryNotFound",
                next_step="Apply the registry role first.",
            ) from error
        except ClientError as error:
            raise explain(error, "read", self._resource) from error
        return next((image["imageDigest"] for image in found["imageDetails"]), None)

    def login(self) -> Login:
        """A login that is good for twelve hours. Raises CloudError."""
        with explained("log in to", self._resource):
            token = self._ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
        user, _, password = base64.b64decode(token).decode().partition(":")
        return Login(user, password)
