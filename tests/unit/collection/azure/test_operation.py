"""What Azure's answers say about an operation that goes on."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.azure.errors import explain
from ansible_collections.ai_api.cloud.plugins.module_utils.azure.resource.operation import (
    Kind,
    Operation,
    Verdict,
    begun_by,
    judge,
)
from ansible_collections.ai_api.cloud.plugins.module_utils.core.patience import Cause

STATUS, PLACE = "https://arm/operationStatuses/1", "https://arm/operationResults/1"


def answer(status: int, content: Any = None, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers=named, json=content)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (answer(200, {}), None),
        (answer(201, {}, Azure_AsyncOperation=STATUS), Operation(STATUS, Kind.STATUS)),
        (answer(202, Location=PLACE, Azure_AsyncOperation=STATUS), Operation(STATUS, Kind.STATUS)),
        (answer(202, Location=PLACE), Operation(PLACE, Kind.LOCATION)),
        (answer(201, {}, Location=PLACE), Operation(PLACE, Kind.LOCATION)),
        (answer(200, {}, Location=PLACE), None),
    ],
)
def test_an_operation_is_followed_where_azure_says(given: httpx.Response, expected: Operation | None) -> None:
    assert begun_by(given) == expected


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        (Kind.STATUS, answer(200, {"status": "InProgress"}), Verdict.RUNNING),
        (Kind.STATUS, answer(200, {"status": "Succeeded"}), Verdict.SUCCEEDED),
        (Kind.STATUS, answer(200, {"status": "Failed", "error": {}}), Verdict.FAILED),
        (Kind.STATUS, answer(200, {"status": "Canceled"}), Verdict.FAILED),
        (Kind.STATUS, answer(202, {}), Verdict.RUNNING),
        (Kind.LOCATION, answer(202, {}), Verdict.RUNNING),
        (Kind.LOCATION, answer(204), Verdict.SUCCEEDED),
        (Kind.LOCATION, answer(200, {"properties": {"provisioningState": "Updating"}}), Verdict.RUNNING),
        (Kind.LOCATION, answer(200, {"properties": {"provisioningState": "Failed"}}), Verdict.FAILED),
        (Kind.LOCATION, answer(200, {"id": "/x"}), Verdict.SUCCEEDED),
    ],
)
def test_how_an_operation_goes(kind: Kind, given: httpx.Response, expected: Verdict) -> None:
    assert judge(kind, given) is expected


def test_an_error_names_the_fields_and_the_request() -> None:
    content = {
        "error": {
            "code": "InvalidRequestContent",
            "message": "The request content was invalid.",
            "details": [{"code": "x", "target": "properties.sku", "message": "Unknown member 'sku'."}],
        }
    }
    ids = {"x_ms_request_id": "r-1", "x_ms_correlation_request_id": "c-1"}
    error = explain(answer(400, content, **ids), "create", "vaults v")
    assert str(error) == (
        "Cannot create vaults v: The request content was invalid; properties.sku: Unknown member 'sku' "
        "(code InvalidRequestContent, request id r-1, correlation c-1). "
        "Correct the field that is named above and re-run."
    )


@pytest.mark.parametrize("content", [None, "text", {"unexpected": 1}, [1]])
def test_an_answer_that_is_no_error_object_is_explained_too(content: Any) -> None:
    error = explain(answer(502, content), "read", "vaults v")
    assert str(error).startswith("Cannot read vaults v: ") and error.code == "HTTP 502"


@pytest.mark.parametrize(
    ("status", "code", "message", "cause"),
    [
        (409, "ContainerAppOperationInProgress", "", Cause.OPERATION),
        (409, "Conflict", "Another operation is in progress on the resource.", Cause.OPERATION),
        (409, "ResourceGroupBeingDeleted", "", Cause.OPERATION),
        (409, "VaultAlreadyExists", "The vault name is already in use.", None),
        (409, "ScopeLocked", "The scope is locked.", None),
        (400, "PrincipalNotFound", "Principal p does not exist in the directory.", Cause.PRINCIPAL),
        (403, "ForbiddenByRbac", "Caller is not authorized.", Cause.ROLE),
        (403, "ForbiddenByFirewall", "", None),
        (403, "AuthorizationFailed", "", None),
        (
            400,
            "InvalidParameterValueInContainerTemplate",
            "Field 'template.containers.api.image' is invalid with details: 'Invalid value: \"r/i\": unable "
            "to pull image using Managed identity /subscriptions/x for registry r.azurecr.io';.",
            Cause.ROLE,
        ),
        (
            400,
            "ContainerAppSecretInvalid",
            "unable to fetch secret 'openai-key' using Managed identity '/subscriptions/x'",
            Cause.ROLE,
        ),
    ],
)
def test_what_passes_by_itself(status: int, code: str, message: str, cause: Cause | None) -> None:
    error = explain(answer(status, {"error": {"code": code, "message": message}}), "update", "it")
    assert error.passes is cause
