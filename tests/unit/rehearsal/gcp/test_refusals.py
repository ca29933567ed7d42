"""What Google refuses, in Google's form: with the path of the field that is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.unit.rehearsal.gcp.harness import LOCATION, PROJECT, SERVICES, Harness

CONTAINER = "service.template.containers[0]"
SECRETS = f"secretmanager/v1/{PROJECT}/secrets"
REPOSITORIES = f"artifactregistry/v1/{LOCATION}/repositories"
ACCOUNTS = f"iam/v1/{PROJECT}/serviceAccounts"


@pytest.fixture(scope="module")
def refusing(stand_in: Harness) -> Iterator[Harness]:
    """A project in which nothing is made, for the tests that come first."""
    stand_in.enable()
    yield stand_in
    stand_in.admin("POST", "reset")


def service(container: dict[str, Any] | None = None, **template: Any) -> dict[str, Any]:
    return {"template": {"containers": [{"image": "web", **(container or {})}], **template}}


@pytest.mark.parametrize(
    ("body", "field", "text"),
    [
        (
            service({"imagee": "x"}),
            CONTAINER,
            f"Unknown name \"imagee\" at '{CONTAINER}': Cannot find field.",
        ),
        (service() | {"paused": True}, "service", "Unknown name \"paused\" at 'service': Cannot find field."),
        (
            service(timeout=300),
            "service.template.timeout",
            "Invalid value at 'service.template.timeout' (type.googleapis.com/google.protobuf.Duration), 300",
        ),
        (
            service(maxInstanceRequestConcurrency="many"),
            "service.template.max_instance_request_concurrency",
            '(TYPE_INT32), "many"',
        ),
        (service() | {"ingress": "EVERYWHERE"}, "service.ingress", '"EVERYWHERE"'),
        (service({"image": 7}), f"{CONTAINER}.image", "(TYPE_STRING), 7"),
        (
            service({"env": {"A": "b"}}),
            f"{CONTAINER}.env",
            "(type.googleapis.com/google.cloud.run.v2.EnvVar)",
        ),
        (service({"image": ["x"]}), CONTAINER, "Proto field is not repeating, cannot start list."),
        (
            service({"resources": {"limits": {"cpu": 1}}}),
            f'{CONTAINER}.resources.limits["cpu"].value',
            "(TYPE_STRING), 1",
        ),
    ],
)
def test_a_body_that_is_no_service(refusing: Harness, body: object, field: str, text: str) -> None:
    error = refusing.refused(400, "POST", SERVICES, body, serviceId="web")
    assert error["status"] == "INVALID_ARGUMENT"
    [detail] = error["details"]
    assert detail["@type"] == "type.googleapis.com/google.rpc.BadRequest"
    [violation] = detail["fieldViolations"]
    assert violation["field"] == field
    assert text in violation["description"] and text in error["message"]


def test_everything_that_is_wrong_is_said_at_once(refusing: Harness) -> None:
    error = refusing.refused(400, "POST", SERVICES, service({"a": 1, "b": 2}), serviceId="web")
    assert len(error["details"][0]["fieldViolations"]) == len(error["message"].split("\n")) == 2


@pytest.mark.parametrize(
    ("body", "field", "text"),
    [
        ({}, "template", "required field not present."),
        ({"template": {"containers": [{}]}}, "template.containers[0].image", "required field not present."),
        (service({"ports": [{}, {}]}), "template.containers[0].ports", "ports should contain 0 or 1 port."),
        (
            service({"env": [{"name": "PORT", "value": "1"}]}),
            "template.containers[0].env",
            "reserved env names",
        ),
        (service(revision="other-1"), "template.revision", "must be prefixed by the name"),
        (service(timeout="3601s"), "template.timeout", "at most 3600s"),
        (
            service({"resources": {"limits": {"memory": "64Mi"}}}),
            "template.containers[0].resources.limits.memory",
            "128Mi",
        ),
        (service() | {"traffic": [{"percent": 90}]}, "traffic", "add up to 100"),
        (
            service({"startupProbe": {"httpGet": {}, "periodSeconds": 10, "failureThreshold": 25}}),
            "template.containers[0].startup_probe.failure_threshold",
            "at most 240",
        ),
    ],
)
def test_a_service_that_breaks_a_rule(refusing: Harness, body: object, field: str, text: str) -> None:
    error = refusing.refused(400, "POST", SERVICES, body, serviceId="web")
    where = f"Violation in CreateServiceRequest.service.{field}"
    assert error["message"].startswith(f"{where}: ") and text in error["message"]
    assert error["details"][0]["fieldViolations"][0]["field"] == where
    assert "services" not in refusing.done("GET", SERVICES)


@pytest.mark.parametrize(
    ("path", "body", "query", "text"),
    [
        (SECRETS, {"replication": {"automatic": {}}}, {}, "secretId"),
        (SECRETS, {}, {"secretId": "key"}, "replication"),
        (
            SECRETS,
            {"replication": {"automatic": {}}, "labels": {"App": "x"}},
            {"secretId": "key"},
            "label 'App'",
        ),
        (SECRETS, {"replication": {"automatic": {}}}, {"secretId": "no dots."}, "secretId 'no dots.'"),
        (
            SECRETS,
            {"replication": {"automatic": {}}},
            {"secretID": "key"},
            "Cannot bind query parameter. Field 'secretID'",
        ),
        (REPOSITORIES, {"format": "DOCKER"}, {"repositoryId": "Upper"}, "repositoryId 'Upper'"),
        (REPOSITORIES, {}, {"repositoryId": "app"}, "format is required"),
        (REPOSITORIES, {"format": "FLOPPY"}, {"repositoryId": "app"}, "at 'repository.format'"),
        (ACCOUNTS, {"accountId": "short"}, {}, "account ID 'short'"),
        (
            ACCOUNTS,
            {"accountId": "long-enough", "serviceAccount": {"colour": "red"}},
            {},
            "at 'service_account'",
        ),
    ],
)
def test_other_bodies_and_queries(
    refusing: Harness, path: str, body: object, query: dict[str, str], text: str
) -> None:
    error = refusing.refused(400, "POST", path, body, **query)
    assert error["status"] == "INVALID_ARGUMENT" and text in error["message"]


def test_masks(gcp: Harness) -> None:
    gcp.done("POST", SECRETS, {"replication": {"automatic": {}}, "labels": {"a": "b"}}, secretId="key")
    key = f"{SECRETS}/key"
    assert "update mask" in gcp.refused(400, "PATCH", key, {"labels": {}})["message"]
    unknown = gcp.refused(400, "PATCH", key, {"labels": {}}, updateMask="labels,colour")
    assert "'colour' is not a field" in unknown["message"]
    fixed = gcp.refused(400, "PATCH", key, {"replication": {"userManaged": {}}}, updateMask="replication")
    assert "immutable" in fixed["message"]
    changed = gcp.done("PATCH", key, {"annotations": {"x": "y"}, "labels": {"c": "d"}}, updateMask="labels")
    assert changed["labels"] == {"c": "d"} and "annotations" not in changed
    assert "labels" not in gcp.done("PATCH", key, {}, updateMask="labels")


def test_what_is_there_already_and_what_is_not(gcp: Harness) -> None:
    body: dict[str, object] = {"replication": {"automatic": {}}}
    number = gcp.done("POST", SECRETS, body, secretId="key")["name"].split("/")[1]
    exists = gcp.refused(409, "POST", SECRETS, body, secretId="key")
    assert exists["status"] == "ALREADY_EXISTS"
    assert exists["message"] == f"Secret [projects/{number}/secrets/key] already exists."
    missing = gcp.refused(404, "GET", f"{SECRETS}/other")
    assert missing["message"] == f"Secret [projects/{number}/secrets/other] not found."
    assert gcp.done("GET", f"secretmanager/v1/projects/{number}/secrets/key")["name"].endswith("/key")
    assert gcp.refused(404, "GET", f"secretmanager/v9/{PROJECT}/secrets")["message"] == "Method not found."


def test_etags(gcp: Harness) -> None:
    made = gcp.done("POST", SECRETS, {"replication": {"automatic": {}}}, secretId="key")
    key = f"{SECRETS}/key"
    gcp.done("PATCH", key, {"labels": {"a": "b"}, "etag": made["etag"]}, updateMask="labels")
    stale = gcp.refused(409, "PATCH", key, {"labels": {}, "etag": made["etag"]}, updateMask="labels")
    assert stale["status"] == "ABORTED"
    policy = gcp.done("GET", f"{key}:getIamPolicy")
    gcp.bind(key, "roles/secretmanager.secretAccessor", "allUsers")
    concurrent = gcp.refused(409, "POST", f"{key}:setIamPolicy", {"policy": {"etag": policy["etag"]}})
    assert concurrent["status"] == "ABORTED" and "concurrent policy changes" in concurrent["message"]


def test_policies(gcp: Harness) -> None:
    gcp.done("POST", SECRETS, {"replication": {"automatic": {}}}, secretId="key")
    put = f"{SECRETS}/key:setIamPolicy"

    def refusal(role: str, member: str, **more: object) -> str:
        policy = {"bindings": [{"role": role, "members": [member], **more}]}
        message: str = gcp.refused(400, "POST", put, {"policy": policy})["message"]
        return message

    accessor, nobody = "roles/secretmanager.secretAccessor", "nobody@rehearsal.iam.gserviceaccount.com"
    assert refusal(accessor, f"serviceAccount:{nobody}") == f"Service account {nobody} does not exist."
    assert "not supported" in refusal("roles/secretmanager.reader", "allUsers")
    assert "unknown type" in refusal(accessor, "everybody")
    assert "version 3" in refusal(accessor, "allUsers", condition={"expression": "true"})


def test_an_api_must_be_enabled(project: Harness) -> None:
    error = project.refused(403, "GET", SECRETS)
    assert error["status"] == "PERMISSION_DENIED"
    assert "has not been used in project rehearsal before or it is disabled" in error["message"]
    [info] = error["details"]
    assert (info["reason"], info["metadata"]["service"]) == (
        "SERVICE_DISABLED",
        "secretmanager.googleapis.com",
    )
    project.enable("secretmanager")
    assert project.done("GET", SECRETS) == {"totalSize": 0}
    services = project.done("GET", f"serviceusage/v1/{PROJECT}/services", filter="state:ENABLED")["services"]
    assert "secretmanager.googleapis.com" in [one["config"]["name"] for one in services]
    unknown = project.refused(
        403, "POST", f"serviceusage/v1/{PROJECT}/services/none.googleapis.com:enable", {}
    )
    assert "Not found or permission denied for service(s)" in unknown["message"]


def test_who_calls_must_be_known(stand_in: Harness) -> None:
    url = f"{stand_in.url}/{SECRETS}"
    nobody = httpx.get(url)
    assert (nobody.status_code, nobody.json()["error"]["status"]) == (401, "UNAUTHENTICATED")
    wrong = httpx.get(url, headers={"authorization": "Bearer wrong"})
    assert wrong.json()["error"]["details"][0]["reason"] == "ACCESS_TOKEN_TYPE_UNSUPPORTED"


def test_tokens(gcp: Harness) -> None:
    for claims, text in (
        ({"aud": "https://example.com"}, "audience"),
        ({"iss": "someone@example.com"}, "account not found"),
        ({"iat": 1, "exp": 2}, "expired"),
        ({"exp": 2**40}, "short-lived"),
    ):
        answer = gcp.grant(gcp.assertion(**claims))
        assert answer.status_code == 400 and answer.json()["error"] == "invalid_grant"
        assert text in answer.json()["error_description"]
    forged = gcp.assertion()[:-8] + "AAAAAAAA"
    assert gcp.grant(forged).json()["error_description"] == "Invalid JWT Signature."
    # A JWT that the account signed itself does as well, for an API or with a scope.
    own = gcp.assertion(aud="https://secretmanager.googleapis.com/", scope="")
    assert httpx.get(f"{gcp.url}/{SECRETS}", headers={"authorization": f"Bearer {own}"}).status_code == 200
    other = gcp.assertion(aud="https://run.googleapis.com/", scope="")
    assert httpx.get(f"{gcp.url}/{SECRETS}", headers={"authorization": f"Bearer {other}"}).status_code == 401
