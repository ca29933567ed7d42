"""Bad days on demand, operations that take their time, and what other services see late."""

from __future__ import annotations

import time

from tests.support.waiting import wait_for
from tests.unit.rehearsal.gcp.harness import LOCATION, PROJECT, SERVICES, Harness, get

SECRETS = f"secretmanager/v1/{PROJECT}/secrets"
REPOSITORIES = f"artifactregistry/v1/{LOCATION}/repositories"


def test_calls_are_refused_in_googles_words(gcp: Harness) -> None:
    for kind, status, name in (
        ("throttle", 429, "RESOURCE_EXHAUSTED"),
        ("error", 500, "INTERNAL"),
        ("expired-token", 401, "UNAUTHENTICATED"),
    ):
        gcp.fault(kind, service="secretmanager", action="secrets.list", count=1)
        assert gcp.done("GET", REPOSITORIES) == {}
        assert gcp.refused(status, "GET", SECRETS)["status"] == name
        assert gcp.done("GET", SECRETS) == {"totalSize": 0}
    gcp.fault("slow", service="secretmanager", seconds=0.5, count=1)
    began = time.monotonic()
    gcp.done("GET", SECRETS)
    assert time.monotonic() - began >= 0.5


def test_calls_are_counted(gcp: Harness) -> None:
    gcp.admin("DELETE", "calls")
    gcp.done("GET", SECRETS)
    gcp.done("POST", SECRETS, {"replication": {"automatic": {}}}, secretId="key")
    assert [(one["action"], one["mutating"]) for one in gcp.admin("GET", "calls")] == [
        ("secrets.create", True),
        ("secrets.list", False),
    ]


def test_an_operation_takes_its_time_and_can_fail(gcp: Harness) -> None:
    begun = gcp.done_at_once("POST", REPOSITORIES, {"format": "DOCKER"}, repositoryId="app")
    assert "done" not in begun and begun["metadata"]["@type"].endswith("v1.OperationMetadata")
    ended = gcp.ended("artifactregistry", begun["name"])
    assert ended["response"]["@type"].endswith("v1.Repository")
    gcp.fault("fail-operation", service="artifactregistry", action="repositories.delete", count=1)
    begun = gcp.done_at_once("DELETE", f"{REPOSITORIES}/app")
    assert gcp.ended("artifactregistry", begun["name"])["error"]["code"] == 13


def test_a_deployment_can_fail_and_be_tried_without_effect(gcp: Harness, image: str) -> None:
    body = {"template": gcp.template(image, {"VERSION": "one"}), "invokerIamDisabled": True}
    dry = gcp.done("POST", SERVICES, body, serviceId="web", validateOnly="true")
    assert dry["template"]["timeout"] == "300s" and gcp.done("GET", SERVICES) == {}
    gcp.fault("fail-operation", service="run", action="services.create", count=1)
    begun = gcp.done_at_once("POST", SERVICES, body, serviceId="web")
    waited = gcp.done_at_once("POST", f"run/v2/{begun['name']}:wait", {"timeout": "20s"})
    assert waited["done"] and waited["error"]["code"] == 13
    assert gcp.service("web")["terminalCondition"]["state"] == "CONDITION_FAILED"
    assert get(gcp.deploy("web", image, {"VERSION": "two"})) == "two"


def test_other_services_see_a_new_account_late(gcp: Harness, image: str) -> None:
    gcp.fault("eventual-consistency", service="iam", action="serviceAccounts.create", seconds=2, count=1)
    body = {"accountId": "web-run"}
    email = gcp.done("POST", f"iam/v1/{PROJECT}/serviceAccounts", body)["email"]
    assert gcp.done("GET", f"iam/v1/{PROJECT}/serviceAccounts/{email}")["email"] == email
    gcp.done("POST", SECRETS, {"replication": {"automatic": {}}}, secretId="key")
    binding = {"role": "roles/secretmanager.secretAccessor", "members": [f"serviceAccount:{email}"]}
    put, policy = f"{SECRETS}/key:setIamPolicy", {"policy": {"bindings": [binding]}}
    assert gcp.refused(400, "POST", put, policy)["message"] == f"Service account {email} does not exist."
    template = {"template": gcp.template(image, serviceAccount=email)}
    assert "actAs" in gcp.refused(403, "POST", SERVICES, template, serviceId="web")["message"]
    wait_for(lambda: gcp.call("POST", put, policy).status_code == 200, "the account to be seen")


def test_a_service_account_comes_back_with_its_roles(gcp: Harness) -> None:
    email = gcp.account("web-run")
    account = f"iam/v1/{PROJECT}/serviceAccounts/{email}"
    project = f"cloudresourcemanager/v3/{PROJECT}"
    member = f"serviceAccount:{email}"
    policy = gcp.done("POST", f"{project}:getIamPolicy", {})
    policy["bindings"].append({"role": "roles/logging.logWriter", "members": [member]})
    gcp.done("POST", f"{project}:setIamPolicy", {"policy": policy})

    def members() -> list[str]:
        bindings = gcp.done("POST", f"{project}:getIamPolicy", {})["bindings"]
        return [one for binding in bindings for one in binding["members"] if email in one]

    number = gcp.done("GET", account)["uniqueId"]
    gcp.done("DELETE", account)
    assert members() == [f"deleted:{member}?uid={number}"]
    gcp.done("POST", f"iam/v1/{PROJECT}/serviceAccounts/{number}:undelete", {})
    assert members() == [member]
