"""What a collection's kind is, by the API's own description."""

from __future__ import annotations

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.core.errors import CloudError
from ansible_collections.ai_api.cloud.plugins.module_utils.gcp.discovery import kind_of
from ansible_collections.ai_api.cloud.plugins.module_utils.gcp.errors import of_status
from ansible_collections.ai_api.cloud.plugins.module_utils.gcp.resource.operation import (
    failure,
    is_done,
    path_of,
)
from ansible_collections.ai_api.cloud.plugins.module_utils.gcp.resource.types import full_name, shown


@pytest.mark.parametrize(
    ("api", "collection", "said"),
    [
        ("run.v2", "projects/p/locations/l/services", ("v2/", "serviceId", None, "Service x")),
        ("secretmanager.v1", "projects/p/secrets", ("v1/", "secretId", None, "Secret x")),
        (
            "artifactregistry.v1",
            "projects/p/locations/l/repositories",
            ("v1/", "repositoryId", None, "Repository x"),
        ),
        ("iam.v1", "projects/p/serviceAccounts", ("v1/", None, "serviceAccount", "ServiceAccount x")),
        ("compute.v1", "projects/p/global/addresses", ("compute/v1/", None, None, "Address x")),
    ],
)
def test_the_kind_of_a_collection(api: str, collection: str, said: tuple[str | None, ...]) -> None:
    kind = kind_of(api, collection)
    assert (kind.prefix, kind.id_parameter, kind.wrapper(kind.create), shown(kind, "x")) == said


@pytest.mark.parametrize(
    ("api", "collection"), [("run.v2", "projects/p/secrets"), ("run.v9", "projects/p"), ("../x", "a")]
)
def test_what_there_is_not(api: str, collection: str) -> None:
    with pytest.raises(CloudError, match=r"collection|knows"):
        kind_of(api, collection)


def test_a_service_account_is_found_by_its_address() -> None:
    kind = kind_of("iam.v1", "projects/p/serviceAccounts")
    assert full_name(kind, "projects/p/serviceAccounts", "run") == "run@p.iam.gserviceaccount.com"
    own = full_name(kind, "projects/example.com:p/serviceAccounts", "run")
    assert own == "run@p.example.com.iam.gserviceaccount.com"
    assert full_name(kind, "projects/p/serviceAccounts", own) == own


def test_operations_of_both_styles() -> None:
    collection = "projects/p/regions/r/addresses"
    long = {"name": "projects/p/locations/l/operations/o"}
    assert path_of(long, "v2/", "projects/p/locations/l/services") == f"v2/{long['name']}"
    assert path_of({"name": "o"}, "compute/v1/", collection) == "compute/v1/projects/p/regions/r/operations/o"
    assert not is_done(long) and not is_done({"status": "RUNNING"})
    assert is_done({"done": True}) and is_done({"status": "DONE"})
    failed = {"status": "DONE", "error": {"errors": [{"code": "QUOTA_EXCEEDED", "message": "Quota 'X'."}]}}
    error = failure(failed, "create", "Address x")
    assert error and error.code == "QUOTA_EXCEEDED" and "Quota 'X'" in str(error)
    rpc = failure({"error": {"code": 9, "message": "Not ready"}}, "create", "Service x")
    assert rpc and rpc.code == "FAILED_PRECONDITION"
    assert failure({"done": True, "response": {}}, "create", "Service x") is None


def test_an_error_names_its_fields_its_reason_and_its_request() -> None:
    kind = "type.googleapis.com/google.rpc."
    details = [
        {"@type": f"{kind}BadRequest", "fieldViolations": [{"field": "a.b", "description": "is wrong."}]},
        {"@type": f"{kind}ErrorInfo", "reason": "SERVICE_DISABLED"},
        {"@type": f"{kind}RequestInfo", "requestId": "r-1"},
    ]
    error = of_status({"code": 7, "message": "No.", "details": details}, "create", "Service x")
    assert str(error).startswith(
        "Cannot create Service x: No; a.b: is wrong (code PERMISSION_DENIED/SERVICE_DISABLED, request id r-1)"
    )
    assert "gcp_services" in str(error)
