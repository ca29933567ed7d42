"""Names that a deleted secret still holds: Secrets Manager keeps them for the recovery window."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ...core.ownership import refuse_foreign
from ..secret import SecretStore
from ..tags import as_dict
from .job import Job
from .plan import Picture

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackResourceTypeDef

SECRET_TYPE = "AWS::SecretsManager::Secret"  # noqa: S105  a type, not a secret


def of_picture(picture: Picture) -> list[str]:
    """The secrets that a stack about to be created will name."""
    names = [
        each["Properties"].get("Name")
        for each in picture.resources.values()
        if each.get("Type") == SECRET_TYPE
    ]
    return [name for name in names if name]


def of_resources(resources: Iterable[StackResourceTypeDef]) -> list[str]:
    """The secrets that a stack has."""
    references = [each.get("PhysicalResourceId") for each in resources if each["ResourceType"] == SECRET_TYPE]
    return [reference for reference in references if reference]


def release(job: Job, secrets: list[str], tags: Mapping[str, str]) -> None:
    """Delete for good those of ``secrets`` that are scheduled for deletion; refuses one that is not ours."""
    store = SecretStore(job.connect("secretsmanager")) if secrets else None
    for reference in secrets:
        found = store.describe(reference) if store else None
        if store and found and found.get("DeletedDate"):
            refuse_foreign(
                f"Secret {reference}, scheduled for deletion,", as_dict(found.get("Tags", [])), tags
            )
            store.purge(reference, job.deadline)
