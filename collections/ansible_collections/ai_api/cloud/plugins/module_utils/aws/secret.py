"""Secrets in AWS Secrets Manager."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from botocore.client import BaseClient
from botocore.exceptions import BotoCoreError, ClientError

from ..core.errors import CloudError
from ..core.secrets import Secret, State
from ..core.waiting import Deadline, Progress
from .errors import explain, explained
from .session import client

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


def store(options: Mapping[str, Any], _: Progress) -> SecretStore:
    """The store that the CONNECTION ``options`` name."""
    return SecretStore(client("secretsmanager", options))


class SecretStore:
    """Implements ``core.secrets.Store``; a reference is a name or an ARN."""

    def __init__(self, secretsmanager: BaseClient) -> None:
        self._api = cast("SecretsManagerClient", secretsmanager)

    def read(self, reference: str) -> Secret:
        """One call where there is a value."""
        try:
            found = self._api.get_secret_value(SecretId=reference)
        except self._api.exceptions.ResourceNotFoundException:
            known = self.describe(reference)
            return Secret(State.EMPTY if known else State.MISSING, known["ARN"] if known else reference)
        except self._api.exceptions.InvalidRequestException as error:
            if "deletion" in error.response["Error"].get("Message", ""):
                return Secret(State.SCHEDULED, reference)
            raise explain(error, "read", f"secret {reference}") from error
        except (BotoCoreError, ClientError) as error:
            raise explain(error, "read", f"secret {reference}") from error
        return Secret(State.HELD, found["ARN"], found["VersionId"], found.get("SecretString"))

    def put(self, reference: str, value: str) -> Secret:
        with explained("put the value of", f"secret {reference}"):
            made = self._api.put_secret_value(SecretId=reference, SecretString=value)
        return Secret(State.HELD, made["ARN"], made["VersionId"], value)

    def restore(self, reference: str) -> None:
        with explained("restore", f"secret {reference}"):
            self._api.restore_secret(SecretId=reference)

    def value_from(self, secret: Secret) -> str:
        """ECS' ``valueFrom``: ``<arn>:<json key>:<version stage>:<version id>``.

        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
        """
        return f"{secret.reference}:::{secret.version}"

    def latest(self, reference: str) -> str:
        return reference

    def describe(self, reference: str) -> dict[str, Any] | None:
        """What DescribeSecret says, without the value; None where there is none, not even a deleted one."""
        try:
            return dict(self._api.describe_secret(SecretId=reference))
        except self._api.exceptions.ResourceNotFoundException:
            return None
        except (BotoCoreError, ClientError) as error:
            raise explain(error, "read", f"secret {reference}") from error

    def purge(self, reference: str, deadline: Deadline) -> None:
        """Delete at once, without recovery, and wait until the name is free."""
        with explained("delete", f"secret {reference}"):
            self._api.delete_secret(SecretId=reference, ForceDeleteWithoutRecovery=True)
        if not any(self.describe(reference) is None for _ in deadline.polls()):
            raise CloudError(
                f"Secret {reference} is still being deleted",
                next_step="Run again in a minute: AWS takes its time.",
            )
