"""What is to know about types of resources beyond their API."""

from __future__ import annotations

from typing import Any

from ...core.later import LATER, later
from .shape import public

# What Azure assigns and other tasks ask for: a placeholder in check mode while the resource does not exist.
ASSIGNED: dict[str, tuple[str, ...]] = {
    "Microsoft.OperationalInsights/workspaces": ("properties.customerId",),
    "Microsoft.OperationalInsights/workspaces/sharedKeys": ("primarySharedKey", "secondarySharedKey"),
    "Microsoft.ManagedIdentity/userAssignedIdentities": ("properties.principalId", "properties.clientId"),
    "Microsoft.ContainerRegistry/registries": ("properties.loginServer",),
    "Microsoft.KeyVault/vaults": ("properties.vaultUri",),
    "Microsoft.App/managedEnvironments": ("properties.defaultDomain", "properties.staticIp"),
    "Microsoft.App/containerApps": (
        "properties.configuration.ingress.fqdn",
        "properties.customDomainVerificationId",
        "properties.latestRevisionName",
    ),
}


def type_of(resource_id: str) -> str:
    """``Microsoft.App/containerApps`` of the id of one; ``resourceGroups`` of that of a group."""
    scope, _, path = resource_id.rpartition("/providers/")
    if not scope:
        return resource_id.strip("/").split("/")[-2]
    namespace, *parts = path.split("/")
    return "/".join([namespace, *parts[::2]])


def name_of(resource_id: str) -> str:
    return resource_id.rpartition("/")[2]


def shown(resource_id: str) -> str:
    """What people call it, for example ``containerApps ai-api``."""
    return f"{type_of(resource_id).rpartition('/')[2]} {name_of(resource_id)}"


def is_known(resource_id: str) -> bool:
    """False in check mode where the id is made of what does not exist yet."""
    return LATER not in resource_id


def expected(resource_id: str, body: dict[str, Any], kind: str = "") -> dict[str, Any]:
    """The resource as Azure will tell it, with placeholders for what it assigns; ``kind``: a row above."""
    result: dict[str, Any] = {**public(body), "id": resource_id, "name": name_of(resource_id)}
    for path in ASSIGNED.get(kind or type_of(resource_id), ()):
        *parents, last = path.split(".")
        node = result
        for parent in parents:
            node[parent] = node = dict(node.get(parent) or {})
        node.setdefault(last, later(f"{last} of {shown(resource_id)}"))
    return result
