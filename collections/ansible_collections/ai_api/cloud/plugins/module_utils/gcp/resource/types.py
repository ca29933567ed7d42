"""What is to know about kinds of resources beyond their discovery documents."""

from __future__ import annotations

import re
from typing import Any

from ...core.later import LATER, later
from ..discovery import Kind

# By schema: what cannot be changed without making the resource anew.
IMMUTABLE: dict[str, tuple[str, ...]] = {
    "Secret": ("replication",),
    "Repository": ("format", "mode", "kmsKeyName"),
}
# What must not be sent back as it was: a revision's name is used once.
ONCE: dict[str, tuple[str, str]] = {"GoogleCloudRunV2Service": ("template", "revision")}
# What Google assigns and other tasks ask for: a placeholder in check mode while the resource does not exist.
ASSIGNED: dict[str, tuple[str, ...]] = {
    "GoogleCloudRunV2Service": ("uri", "latestReadyRevision", "latestCreatedRevision"),
    "Repository": ("registryUri",),
}
_SERVICE_ACCOUNT = "ServiceAccount"
_PACKAGE = re.compile(r"^Google\w*?V\d+(?=[A-Z])")


def shown(kind: Kind, name: str) -> str:
    """What people call it, for example ``Service ai-api``."""
    return f"{_PACKAGE.sub('', kind.schema)} {name}"


def full_name(kind: Kind, collection: str, name: str) -> str:
    """What follows the collection in its path: a service account is found by its e-mail address."""
    if kind.schema == _SERVICE_ACCOUNT and "@" not in name:
        domain, _, project = collection.split("/")[1].rpartition(":")
        return f"{name}@{project}{'.' if domain else ''}{domain}.iam.gserviceaccount.com"
    return name


def is_known(body: Any) -> bool:
    """False in check mode where it is made of what does not exist yet."""
    return LATER not in str(body)


def expected(kind: Kind, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """The resource as it will be, with placeholders for what Google assigns."""
    name = path.rpartition("/")[2]
    result = {"name": path, **body}
    if kind.schema == _SERVICE_ACCOUNT:
        result["email"] = name
    for field in ASSIGNED.get(kind.schema, ()):
        result.setdefault(field, later(f"{field} of {shown(kind, name)}"))
    return result
