"""Cloud Run with real containers: revisions, traffic, secrets, identity, logs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.support.waiting import wait_for
from tests.unit.rehearsal.gcp.harness import LOCATION, PROJECT, REGION, SERVICES, Harness, get
from tests.unit.rehearsal.load import Load

BY_REVISION = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"
# Reads its own secret as the application does, then answers what it got.
READER = """
import base64, http.server, json, os, urllib.request
def ask(url, **headers):
    return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10).read().decode()
root = f"http://{os.environ['GCE_METADATA_HOST']}/computeMetadata/v1"
identity = f"{root}/instance/service-accounts/default"
flavor = {"Metadata-Flavor": "Google"}
token = json.loads(ask(f"{identity}/token", **flavor))["access_token"]
secret = json.loads(ask(os.environ["SECRET_URL"], Authorization=f"Bearer {token}"))["payload"]["data"]
project = ask(f"{root}/project/project-id", **flavor)
told = [ask(f"{identity}/email", **flavor), project, base64.b64decode(secret).decode()]
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(told).encode())
http.server.HTTPServer(("", 8000), Handler).serve_forever()
"""


def failure(gcp: Harness, name: str, body: object) -> dict[str, object]:
    """The error in which a change of a service ends."""
    response = gcp.call("PATCH", f"{SERVICES}/{name}", body, allowMissing="true", updateMask="template")
    assert response.status_code == 200, response.text
    error: dict[str, object] = gcp.ended("run", response.json()["name"])["error"]
    return error


def docker(folder: Path, *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
    command = ["docker", "--config", str(folder), *arguments]
    return subprocess.run(command, input=said, capture_output=True, text=True, check=False)


def push(gcp: Harness, folder: Path, image: str, tag: str) -> None:
    host = gcp.endpoints["registry_host"]
    for arguments, said in (
        (("login", "--username", "oauth2accesstoken", "--password-stdin", host), gcp.token()),
        (("tag", image, f"{host}/rehearsal/{tag}"), ""),
        (("push", "--quiet", f"{host}/rehearsal/{tag}"), ""),
        (("rmi", f"{host}/rehearsal/{tag}"), ""),
    ):
        done = docker(folder, *arguments, said=said)
        assert done.returncode == 0, done.stderr


def repository(gcp: Harness, name: str = "app") -> str:
    repositories = f"artifactregistry/v1/{LOCATION}/repositories"
    body = {"format": "DOCKER", "dockerConfig": {"immutableTags": True}}
    made: str = gcp.done("POST", repositories, body, repositoryId=name)["registryUri"]
    return made


def test_an_image_that_only_the_registry_has_runs_with_its_secret(
    gcp: Harness, image: str, tmp_path: Path
) -> None:
    uri = repository(gcp)
    push(gcp, tmp_path, image, "app/team/web:1")
    repositories = f"artifactregistry/v1/{LOCATION}/repositories/app"
    [pushed] = gcp.done("GET", f"{repositories}/dockerImages")["dockerImages"]
    tag = gcp.done("GET", f"{repositories}/packages/team%2Fweb/tags/1")
    assert pushed["tags"] == ["1"]
    assert pushed["uri"] == f"{uri}/team/web@{tag['version'].rpartition('/')[2]}"

    account, version = gcp.account("web-run"), gcp.secret("key", "hidden")
    reference = {"secretKeyRef": {"secret": "key", "version": version}}
    secrets = [{"name": "KEY", "valueSource": reference}]
    template = gcp.template(pushed["uri"], {"VERSION": "one"}, secrets=secrets, serviceAccount=account)
    denied = failure(gcp, "web", {"template": template})
    assert denied["code"] == 9
    assert f"for Revision service account {account}" in str(denied["message"])
    assert "must be granted the 'Secret Manager Secret Accessor' role" in str(denied["message"])

    member = f"serviceAccount:{account}"
    gcp.bind(f"secretmanager/v1/{PROJECT}/secrets/key", "roles/secretmanager.secretAccessor", member)
    service = gcp.deploy("web", pushed["uri"], {"VERSION": "two"}, secrets=secrets, serviceAccount=account)
    environment = json.loads(get(service, "/environment"))
    assert (environment["KEY"], environment["PORT"], environment["K_SERVICE"]) == ("hidden", "8000", "web")
    assert service["latestReadyRevision"].endswith(f"/{environment['K_REVISION']}")
    denied_then_ready = [
        one["conditions"][0]["state"] for one in gcp.done("GET", f"{SERVICES}/web/revisions")["revisions"]
    ]
    assert denied_then_ready == ["CONDITION_SUCCEEDED", "CONDITION_FAILED"]

    name = f"{gcp.endpoints['registry_host']}/rehearsal/app/team/web:1"
    built = docker(tmp_path, "build", "--quiet", "--tag", name, "-", said=f"FROM {image}\nLABEL other=1\n")
    assert built.returncode == 0, built.stderr
    refused = docker(tmp_path, "push", name)
    docker(tmp_path, "rmi", name)
    assert refused.returncode != 0 and "immutability" in refused.stderr


def test_a_wrong_password_is_refused(gcp: Harness, tmp_path: Path) -> None:
    host = gcp.endpoints["registry_host"]
    login = ("login", "--username", "oauth2accesstoken", "--password-stdin", host)
    assert "401" in docker(tmp_path, *login, said="wrong").stderr


def test_a_new_revision_takes_over_without_a_failed_request(gcp: Harness, image: str) -> None:
    service = gcp.deploy("web", image, {"VERSION": "one"})
    with Load(service["uri"], rate=40, workers=4) as load:
        wait_for(lambda: len(load.bodies) > 10, "answers of the first")
        gcp.deploy("web", image, {"VERSION": "two"})
        wait_for(lambda: load.bodies[-1] == "two", "answers of the second")
    assert load.failures == []
    shown = gcp.service("web")
    assert (shown["generation"], shown["observedGeneration"]) == ("2", "2")
    assert shown["terminalCondition"]["state"] == "CONDITION_SUCCEEDED"
    first, second = [one["name"] for one in gcp.done("GET", f"{SERVICES}/web/revisions")["revisions"][::-1]]
    assert shown["latestReadyRevision"] == shown["latestCreatedRevision"] == second

    # The same again is no change.
    before = gcp.service("web")
    assert gcp.deploy("web", image, {"VERSION": "two"})["etag"] == before["etag"]

    # What gets no traffic does not run and can be deleted; what does cannot.
    in_use = gcp.refused(400, "DELETE", f"run/v2/{second}")
    assert in_use["status"] == "FAILED_PRECONDITION"
    gcp.done("DELETE", f"run/v2/{first}")
    assert len(gcp.done("GET", f"{SERVICES}/web/revisions")["revisions"]) == 1


def test_a_broken_revision_never_gets_traffic(gcp: Harness, image: str) -> None:
    service = gcp.deploy("web", image, {"VERSION": "one"})
    with Load(service["uri"], rate=20, workers=2) as load:
        crash = failure(gcp, "web", {"template": gcp.template(image, {"CRASH": "1"})})
        probe = {"startupProbe": {"httpGet": {"path": "/health"}, "periodSeconds": 1, "failureThreshold": 1}}
        sick = failure(gcp, "web", {"template": gcp.template(image, {"SICK": "1"}, container=probe)})
    assert load.failures == [] and set(load.bodies) == {"one"}
    assert crash["code"] == sick["code"] == 9
    assert "failed to start and listen on the port defined provided by the PORT=8000" in str(crash["message"])
    assert "failed the configured startup probe checks" in str(sick["message"])
    shown = gcp.service("web")
    assert shown["terminalCondition"]["state"] == "CONDITION_FAILED"
    assert shown["latestReadyRevision"] == service["latestReadyRevision"] != shown["latestCreatedRevision"]
    assert shown["observedGeneration"] == "1" and shown["generation"] == "3"
    gcp.deploy("web", image, {"VERSION": "two"})
    assert get(service) == "two"


def test_a_later_change_does_not_wait_for_one_that_hangs(gcp: Harness, image: str) -> None:
    gcp.deploy("web", image, {"VERSION": "one"})
    probe = {"startupProbe": {"httpGet": {"path": "/health"}, "periodSeconds": 10, "failureThreshold": 24}}
    hanging = {"template": gcp.template(image, {"SICK": "1"}, container=probe)}
    begun = gcp.done_at_once("PATCH", f"{SERVICES}/web", hanging, updateMask="template")
    wait_for(lambda: gcp.service("web")["reconciling"], "the change to be under way")
    assert get(gcp.deploy("web", image, {"VERSION": "two"})) == "two"
    assert gcp.ended("run", begun["name"])["error"]["code"] == 1
    revisions = gcp.done("GET", f"{SERVICES}/web/revisions")["revisions"]
    assert [one["conditions"][0]["state"] for one in revisions] == [
        "CONDITION_SUCCEEDED",
        "CONDITION_FAILED",
        "CONDITION_SUCCEEDED",
    ]


def test_an_image_that_does_not_exist_is_named(gcp: Harness) -> None:
    missing = f"{repository(gcp)}/web@sha256:{'0' * 64}"
    error = failure(gcp, "web", {"template": gcp.template(missing)})
    assert f"Image '{missing}' not found." in str(error["message"])
    [revision] = gcp.done("GET", f"{SERVICES}/web/revisions")["revisions"]
    assert revision["conditions"][0]["reason"] == "CONTAINER_MISSING"


def test_traffic_is_split_and_tagged(gcp: Harness, image: str) -> None:
    gcp.deploy("web", image, {"VERSION": "old"}, revision="web-old")
    service = gcp.deploy("web", image, {"VERSION": "new"}, revision="web-new")
    traffic = [
        {"type": BY_REVISION, "revision": "web-old", "percent": 75},
        {"type": BY_REVISION, "revision": "web-new", "percent": 25, "tag": "canary"},
    ]
    gcp.done("PATCH", f"{SERVICES}/web", {"traffic": traffic}, updateMask="traffic")
    answers = [get(service) for _ in range(40)]
    assert (answers.count("old"), answers.count("new")) == (30, 10)
    assert {get(service, host="canary---web.localhost") for _ in range(4)} == {"new"}
    statuses = gcp.service("web")["trafficStatuses"]
    assert [(one["revision"], one["percent"]) for one in statuses] == [("web-old", 75), ("web-new", 25)]

    # Pinned traffic stays where it is when a newer revision is ready.
    gcp.deploy("web", image, {"VERSION": "newer"}, revision="web-newer")
    assert {get(service) for _ in range(8)} == {"old", "new"}
    conflict = gcp.refused(
        409,
        "PATCH",
        f"{SERVICES}/web",
        {"template": gcp.template(image, {"VERSION": "other"}, revision="web-old")},
        updateMask="template",
    )
    assert conflict["message"] == "Revision named 'web-old' with different configuration already exists."


def test_who_may_ask(gcp: Harness, image: str) -> None:
    body = {"template": gcp.template(image, {"VERSION": "one"})}
    service = gcp.done("POST", SERVICES, body, serviceId="web")
    refused = httpx.get(service["uri"])
    assert refused.status_code == 403 and "does not have permission to get URL" in refused.text
    gcp.bind(f"{SERVICES}/web", "roles/run.invoker", "allUsers")
    forwarded = json.loads(
        get(service, "/headers", **{"x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "gopher"})
    )
    forwarded = {name.lower(): value for name, value in forwarded.items()}
    assert forwarded["x-forwarded-for"].split(",") == ["203.0.113.7", "127.0.0.1"]
    assert forwarded["x-forwarded-proto"] == "http"
    trace = forwarded["traceparent"].split("-")[1]
    assert forwarded["x-cloud-trace-context"].startswith(f"{trace}/")
    gcp.done("PATCH", f"{SERVICES}/web", {"ingress": "INGRESS_TRAFFIC_INTERNAL_ONLY"}, updateMask="ingress")
    assert httpx.get(service["uri"]).status_code == 404


def test_a_container_has_an_identity_of_its_own(gcp: Harness, image: str) -> None:
    account = gcp.account("reader-run")
    gcp.secret("key", "hidden")
    url = f"http://{gcp.gateway}:{gcp.url.rpartition(':')[2]}/secretmanager/v1/{PROJECT}/secrets"
    gcp.bind(
        f"secretmanager/v1/{PROJECT}/secrets/key",
        "roles/secretmanager.secretAccessor",
        f"serviceAccount:{account}",
    )
    container = {"command": ["/bin/python3", "-I", "-S", "-c", READER]}
    environ = {"SECRET_URL": f"{url}/key/versions/latest:access"}
    service = gcp.deploy("reader", image, environ, container=container, serviceAccount=account)
    assert json.loads(get(service)) == [account, "rehearsal", "hidden"]

    # Another secret is not this account's, and nobody else is told anything.
    gcp.secret("other", "hidden")
    other = {"SECRET_URL": f"{url}/other/versions/latest:access"}
    failure(
        gcp, "reader", {"template": gcp.template(image, other, container=container, serviceAccount=account)}
    )
    own = httpx.get(
        f"{gcp.url}/computeMetadata/v1/instance/service-accounts/default/token",
        headers={"metadata-flavor": "Google"},
    )
    assert own.status_code == 403


def test_logs_are_kept_by_revision(gcp: Harness, image: str) -> None:
    service = gcp.deploy("web", image, {"VERSION": "one"}, revision="web-one")
    get(service, "/known")

    def entries(*terms: str) -> list[dict[str, object]]:
        chosen = ['resource.type="cloud_run_revision"', 'resource.labels.service_name="web"', *terms]
        body = {"resourceNames": [PROJECT], "filter": "\n".join(chosen)}
        found: list[dict[str, object]] = gcp.done("POST", "logging/v2/entries:list", body).get("entries", [])
        return found

    [entry] = wait_for(lambda: entries('jsonPayload.request="/known"') or None, "the entry")
    assert entry["resource"]["labels"]["revision_name"] == "web-one"  # type: ignore[index]
    assert entry["resource"]["labels"]["location"] == REGION  # type: ignore[index]
    assert entries(f'timestamp>="{entry["timestamp"]}"', 'jsonPayload.request:"know"') == [entry]
    assert entries('timestamp>="2999-01-01T00:00:00Z"') == []
    assert entries('resource.labels.revision_name="web-two"') == []


def test_a_deleted_service_is_gone(gcp: Harness, image: str) -> None:
    service = gcp.deploy("web", image)
    gcp.done("DELETE", f"{SERVICES}/web")
    assert gcp.refused(404, "GET", f"{SERVICES}/web")["status"] == "NOT_FOUND"
    with pytest.raises(httpx.TransportError):
        httpx.get(service["uri"])
