"""What is declared against what Azure says: its noise is no difference, everything else is."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.azure.resource.shape import (
    fingerprint,
    merged,
    public,
    seen,
    writable,
)

IDENTITY = "/subscriptions/S/resourceGroups/ai/providers/Microsoft.ManagedIdentity/userAssignedIdentities/ai"
DECLARED: dict[str, Any] = {
    "location": "westeurope",
    "tags": {"managed-by": "ai-api"},
    "identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}},
    "properties": {
        "environmentId": "/subscriptions/s/resourceGroups/ai/providers/Microsoft.App/managedEnvironments/ai",
        "configuration": {
            "activeRevisionsMode": "Multiple",
            "secrets": [{"name": "plain", "value": "hidden"}],
            "ingress": {"external": True, "targetPort": 8000, "transport": "auto", "allowInsecure": False},
        },
        "template": {
            "containers": [
                {
                    "name": "api",
                    "image": "r.azurecr.io/ai@sha256:1",
                    "resources": {"cpu": 0.5, "memory": "1Gi"},
                    "env": [{"name": "A", "value": "True"}, {"name": "B", "value": "2"}],
                    "probes": [{"type": "Startup", "httpGet": {"path": "/health", "port": 8000}}],
                }
            ],
            "scale": {"minReplicas": 0, "maxReplicas": 10},
        },
    },
}


def answered() -> dict[str, Any]:
    """The same as Azure tells it: spelt, filled in and left out as it does."""
    live = copy.deepcopy(DECLARED)
    live |= {"id": "/subscriptions/S/x", "name": "ai", "systemData": {"createdBy": "somebody"}}
    live["location"] = "West Europe"
    live["tags"]["by-policy"] = "yes"
    live["identity"]["userAssignedIdentities"] = {
        IDENTITY.replace("resourceGroups", "resourcegroups"): {"principalId": "p", "clientId": "c"}
    }
    properties = live["properties"]
    properties["provisioningState"] = "Succeeded"
    properties["environmentId"] = properties["environmentId"].replace("/ai/", "/AI/")
    configuration = properties["configuration"]
    configuration["secrets"] = [{"name": "plain"}]
    configuration["ingress"] |= {"transport": "Auto", "fqdn": "ai.westeurope.azurecontainerapps.io"}
    configuration["maxInactiveRevisions"] = 100
    del configuration["ingress"]["allowInsecure"]
    (container,) = properties["template"]["containers"]
    container["resources"] = {"cpu": "0.5", "memory": "1Gi", "ephemeralStorage": "2Gi"}
    container["env"].reverse()
    container["probes"][0] |= {"failureThreshold": 3}
    properties["template"]["scale"]["minReplicas"] = None
    return live


def at(node: dict[str, Any], path: str) -> tuple[Any, Any]:
    """The parent and the key of what is at ``path``."""
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for parent in parents:
        node = node[parent]  # type: ignore[index]  # or a list's position
    return node, last


def test_azures_noise_is_no_difference() -> None:
    assert seen(answered(), DECLARED) == DECLARED


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("location", "northeurope"),
        ("tags.managed-by", "somebody"),
        ("properties.environmentId", "/subscriptions/s/resourceGroups/ai/providers/x/other"),
        ("properties.configuration.ingress.targetPort", 8001),
        ("properties.configuration.ingress.external", False),
        ("properties.configuration.secrets", []),
        ("properties.template.containers.0.image", "r.azurecr.io/ai@sha256:2"),
        ("properties.template.containers.0.resources.cpu", "1.0"),
        ("properties.template.containers.0.env", [{"name": "A", "value": "True"}]),
        ("properties.template.containers.0.env.1.value", "true"),
        ("properties.template.containers.0.probes.0.httpGet.path", "/"),
        ("properties.template.scale.maxReplicas", 11),
        ("properties.template.scale.minReplicas", 1),
    ],
)
def test_everything_else_is_a_difference(path: str, value: Any) -> None:
    live = answered()
    parent, key = at(live, path)
    parent[key] = value
    assert seen(live, DECLARED) != DECLARED


@pytest.mark.parametrize(
    "path", ["identity", "properties.configuration.ingress", "properties.template.containers.0.env"]
)
def test_what_somebody_removed_is_a_difference(path: str) -> None:
    live = answered()
    parent, key = at(live, path)
    del parent[key]
    assert seen(live, DECLARED) != DECLARED


def test_an_item_that_somebody_added_to_a_list_is_a_difference() -> None:
    live = answered()
    live["properties"]["template"]["containers"].append({"name": "sidecar"})
    assert seen(live, DECLARED) != DECLARED


def test_a_body_is_laid_over_what_others_have_set() -> None:
    live = answered()
    live["properties"]["configuration"]["customDomains"] = [{"name": "api.example.com"}]
    live["properties"]["template"]["containers"][0]["args"] = ["old"]
    body = merged(writable(live), DECLARED)
    assert body["properties"]["configuration"]["customDomains"] == [{"name": "api.example.com"}]
    assert body["tags"] == {"managed-by": "ai-api", "by-policy": "yes"}
    assert body["properties"]["template"]["containers"] == DECLARED["properties"]["template"]["containers"]
    assert body["identity"] == DECLARED["identity"], "its ids are not doubled by their spelling"
    assert not {"id", "name", "systemData"} & body.keys()
    assert "provisioningState" not in body["properties"]


def test_secrets_are_not_told() -> None:
    logs = {"customerId": "c", "sharedKey": "hidden"}
    told = public({**DECLARED, "properties": {**DECLARED["properties"], "logs": logs}})
    assert "hidden" not in str(told)
    assert told["properties"]["logs"] == {"customerId": "c"}
    assert told["properties"]["configuration"]["secrets"] == [{"name": "plain"}]
    assert told["properties"]["template"] == DECLARED["properties"]["template"]


def test_null_leaves_a_property_out() -> None:
    declared = {"properties": {"publicNetworkAccess": None}}
    live = {"properties": {"publicNetworkAccess": "Enabled", "sku": "x"}}
    assert seen(live, declared) != declared
    body = merged(live, declared)
    assert body == {"properties": {"sku": "x"}}
    assert seen(body, declared) == declared


def test_a_fingerprint_follows_every_value_and_no_order() -> None:
    one = fingerprint("/a", {"x": 1, "y": {"key": "v"}})
    assert one == fingerprint("/A", {"y": {"key": "v"}, "x": 1})
    assert one != fingerprint("/a", {"x": 1, "y": {"key": "w"}})
    assert one != fingerprint("/b", {"x": 1, "y": {"key": "v"}}), "equal values do not show as equal"
