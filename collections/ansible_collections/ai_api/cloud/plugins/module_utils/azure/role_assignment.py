"""Role assignments: their names follow from what they say, so that one is never made twice."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from ..core.ownership import marks

VERSION = "2022-04-01"
KIND = "Microsoft.Authorization/roleAssignments"
IDENTITY = "ServicePrincipal"  # what managed identities count as


def id_of(scope: str, principal: str, role: str) -> str:
    """``scope`` is a resource id, ``principal`` and ``role`` are GUIDs; their spelling does not matter."""
    said = "|".join((scope, principal, role)).casefold()
    return f"{scope}/providers/{KIND}/{uuid.uuid5(uuid.NAMESPACE_URL, said)}"


def body(
    subscription: str, principal: str, role: str, principal_type: str, description: str
) -> dict[str, Any]:
    """``subscription`` is ``/subscriptions/...``."""
    return {
        "properties": {
            "roleDefinitionId": f"{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}",
            "principalId": principal,
            "principalType": principal_type,
            "description": description,
        }
    }


def description(tags: Mapping[str, str], region: str) -> str:
    """Role assignments have no tags; by this ours are found."""
    return ", ".join(f"{name}={value}" for name, value in [*marks(tags).items(), ("region", region)])
