"""What ARM does alike for all types: checks, ids, operations, deletion."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.waiting import wait_for
from tests.unit.rehearsal.azure.harness import GROUP, REGION, Azure

WORKSPACE = "Microsoft.OperationalInsights/workspaces/logs"
REGISTRY = "Microsoft.ContainerRegistry/registries/testregistry"
IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities/run"
REGISTRY_BODY = {"location": REGION, "sku": {"name": "Standard"}, "properties": {"adminUserEnabled": False}}


@pytest.mark.parametrize(
    ("path", "body", "target"),
    [
        (WORKSPACE, {"location": REGION, "properties": {"retention": 30}}, "properties.retention"),
        (
            WORKSPACE,
            {"location": REGION, "properties": {"retentionInDays": "x"}},
            "properties.retentionInDays",
        ),
        (WORKSPACE, {"properties": {}}, "location"),
        (
            REGISTRY,
            {**REGISTRY_BODY, "properties": {"publicNetworkAccess": "No"}},
            "properties.publicNetworkAccess",
        ),
        (
            "Microsoft.App/containerApps/app",
            {"location": REGION, "properties": {"template": {"containers": [{"imag": "x"}]}}},
            "properties.template.containers[0].imag",
        ),
        (
            "Microsoft.Authorization/roleAssignments/8a2f4e0e-1f6c-4ac4-9b6c-0e3b7a1c9d55",
            {"properties": {"roleDefinitionId": "x"}},
            "properties.principalId",
        ),
    ],
)
def test_a_wrong_body_is_refused_where_it_is_wrong(azure: Azure, path: str, body: Any, target: str) -> None:
    answer = azure.send("PUT", path, body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "InvalidRequestContent")
    assert target in [error["target"], *(detail["target"] for detail in error["details"])]
    assert azure.send("GET", path).status_code == 404


def test_what_is_asked_must_exist(azure: Azure) -> None:
    cases = {
        "MissingApiVersionParameter": azure.http.get(
            f"{azure.endpoint}{azure.group}", headers={"authorization": f"Bearer {azure.token()}"}
        ),
        "NoRegisteredProviderFound": azure.send("GET", WORKSPACE, version="1999-01-01"),
        "SubscriptionNotFound": azure.send("GET", "/subscriptions/x/resourceGroups/test"),
        "ResourceGroupNotFound": azure.send("GET", f"{azure.subscription}/resourceGroups/nope"),
        "ResourceNotFound": azure.send("GET", WORKSPACE),
        "InvalidResourceType": azure.send("GET", "Microsoft.App/nonsense/x"),
        "LocationNotAvailableForResourceType": azure.send("PUT", IDENTITY, {"location": "moon"}),
        "InvalidRegistryName": azure.send("PUT", REGISTRY.replace("testregistry", "no-dash"), REGISTRY_BODY),
    }
    assert {code: answer.json()["error"]["code"] for code, answer in cases.items()} == {c: c for c in cases}


def test_ids_and_locations_count_in_any_spelling(azure: Azure) -> None:
    made = azure.made(IDENTITY, {"location": "West Europe", "tags": {"a": "b"}})
    assert made["location"] == "westeurope"
    assert made["id"] == f"{azure.subscription}/resourcegroups/{GROUP}/providers/{IDENTITY}"
    assert azure.send("GET", made["id"].upper(), version="2024-11-30").json() == made
    moved = azure.send("PUT", IDENTITY, {"location": "eastus"})
    assert (moved.status_code, moved.json()["error"]["code"]) == (409, "InvalidResourceLocation")
    found = azure.send(
        "GET", f"{azure.subscription}/resources", **{"$filter": "tagName eq 'a' and tagValue eq 'b'"}
    )
    assert [each["id"] for each in found.json()["value"]] == [made["id"]]


def test_an_operation_is_followed_by_its_status(azure: Azure) -> None:
    begun = azure.send("PUT", REGISTRY, REGISTRY_BODY)
    assert (begun.status_code, begun.json()["properties"]["provisioningState"]) == (201, "Creating")
    assert int(begun.headers["retry-after"]) >= 1
    busy = azure.send("PUT", REGISTRY, REGISTRY_BODY)
    assert (busy.status_code, busy.json()["error"]["code"]) == (409, "AnotherOperationInProgress")
    url = begun.headers["azure-asyncoperation"]
    assert azure.poll(url).json()["status"] == "InProgress"
    wait_for(lambda: azure.poll(url).json()["status"] == "Succeeded", "the registry")
    assert azure.send("GET", REGISTRY).json()["properties"]["loginServer"] == "testregistry.azurecr.io"


def test_an_operation_is_followed_by_its_result(azure: Azure) -> None:
    azure.made(REGISTRY, REGISTRY_BODY)
    begun = azure.send("DELETE", REGISTRY)
    assert begun.status_code == 202
    url = begun.headers["location"]
    assert azure.poll(url).status_code == 202
    wait_for(lambda: azure.poll(url).status_code == 204, "the deletion")
    assert azure.send("GET", REGISTRY).status_code == 404
    assert azure.send("DELETE", REGISTRY).status_code == 204


def test_an_operation_fails_when_told_to(azure: Azure) -> None:
    azure.fault("fail-operation", "microsoft.containerregistry", "PUT registries", count=1)
    url = azure.send("PUT", REGISTRY, REGISTRY_BODY).headers["azure-asyncoperation"]
    status = wait_for(lambda: (s := azure.poll(url).json())["status"] != "InProgress" and s, "the failure")
    assert (status["status"], status["error"]["code"]) == ("Failed", "InternalServerError")
    assert azure.send("GET", REGISTRY).json()["properties"]["provisioningState"] == "Failed"
    azure.made(REGISTRY, REGISTRY_BODY)


def test_a_put_replaces_and_a_patch_changes(azure: Azure) -> None:
    azure.made(IDENTITY, {"location": REGION, "tags": {"a": "1"}})
    patched = azure.send("PATCH", IDENTITY, {"tags": {"b": "2"}}).json()
    assert patched["tags"] == {"a": "1", "b": "2"}
    assert "tags" not in azure.made(IDENTITY, {"location": REGION})


def test_a_group_takes_everything_along(azure: Azure) -> None:
    azure.made(IDENTITY, {"location": REGION})
    azure.make_vault("test-vault")
    url = azure.send("DELETE", azure.group).headers["location"]
    refused = azure.send("PUT", IDENTITY, {"location": REGION})
    assert refused.json()["error"]["code"] == "ResourceGroupBeingDeleted"
    wait_for(lambda: azure.poll(url).status_code == 204, "the deletion")
    azure.make_group()
    assert azure.send("GET", f"{azure.group}/resources").json() == {"value": []}
    assert [each.name for each in azure.vaults.vaults.list_deleted()] == ["test-vault"]


def test_a_workspace_comes_back_unless_it_was_deleted_by_force(azure: Azure) -> None:
    def customer() -> str:
        made = azure.made(WORKSPACE, {"location": REGION, "properties": {"retentionInDays": 30}})
        return str(made["properties"]["customerId"])

    def delete(**query: str) -> None:
        url = azure.send("DELETE", WORKSPACE, **query).headers["location"]
        wait_for(lambda: azure.poll(url).status_code == 204, "the deletion")

    first = customer()
    delete()
    assert customer() == first
    delete(force="true")
    assert customer() != first
