"""Container Apps that really run: pulled, given their secret and asked by identity, split and replaced."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest
from azure.core.exceptions import HttpResponseError

from rehearsal.engine import remove_images
from tests.support.waiting import wait_for
from tests.unit.rehearsal.azure.harness import ACR_PULL, GROUP, REGION, SECRETS_OFFICER, SECRETS_USER, Azure

USER = "00000000-0000-0000-0000-000000000000"
SERVER = "testregistry.azurecr.io"


class Ground:
    """What an app needs around it, made once for this module."""

    def __init__(self, azure: Azure) -> None:
        self.azure = azure
        self.identity = azure.made(
            "Microsoft.ManagedIdentity/userAssignedIdentities/run", {"location": REGION}
        )
        workspace = azure.made("Microsoft.OperationalInsights/workspaces/logs", {"location": REGION})
        keys = azure.send("POST", f"{workspace['id']}/sharedKeys").json()
        self.customer = workspace["properties"]["customerId"]
        logs = {"customerId": self.customer, "sharedKey": keys["primarySharedKey"]}
        self.environment = azure.made(
            "Microsoft.App/managedEnvironments/test",
            {
                "location": REGION,
                "properties": {
                    "appLogsConfiguration": {
                        "destination": "log-analytics",
                        "logAnalyticsConfiguration": logs,
                    }
                },
            },
        )
        self.registry = azure.made(
            "Microsoft.ContainerRegistry/registries/testregistry",
            {"location": REGION, "sku": {"name": "Basic"}},
        )
        self.vault = azure.make_vault("test-vault")
        azure.assign(self.vault["id"], SECRETS_OFFICER, azure.principal)
        self.uri = self.vault["properties"]["vaultUri"]
        azure.secrets(self.uri).set_secret("openai-key", "a test's key")

    def grant(self, scope: dict[str, Any], role: str) -> None:
        self.azure.assign(scope["id"], role, self.identity["properties"]["principalId"])

    def body(
        self, version: str, *, traffic: list[dict[str, Any]] | None = None, **environ: str
    ) -> dict[str, Any]:
        """Of an app whose revision is named after its version."""
        variables = {"VERSION": version, "VAULT": self.uri, **environ}
        ingress: dict[str, Any] = {"external": True, "targetPort": 8000, "allowInsecure": False}
        secret = {
            "name": "key",
            "keyVaultUrl": f"{self.uri}secrets/openai-key",
            "identity": self.identity["id"],
        }
        health = {"httpGet": {"path": "/health", "port": 8000}, "periodSeconds": 1}
        return {
            "location": REGION,
            "identity": {"type": "UserAssigned", "userAssignedIdentities": {self.identity["id"]: {}}},
            "properties": {
                "environmentId": self.environment["id"],
                "configuration": {
                    "activeRevisionsMode": "Multiple",
                    "registries": [{"server": SERVER, "identity": self.identity["id"]}],
                    "secrets": [secret],
                    "ingress": {**ingress, "traffic": traffic} if traffic else ingress,
                },
                "template": {
                    "revisionSuffix": version,
                    "containers": [
                        {
                            "name": "api",
                            "image": f"{SERVER}/ai-api:one",
                            "resources": {"cpu": 0.25, "memory": "0.5Gi"},
                            "env": [
                                *({"name": name, "value": value} for name, value in variables.items()),
                                {"name": "SECRET", "secretRef": "key"},
                            ],
                            "probes": [
                                {"type": "Startup", **health, "failureThreshold": 30},
                                {"type": "Readiness", **health},
                            ],
                        }
                    ],
                    "scale": {"minReplicas": 1, "maxReplicas": 2},
                },
            },
        }

    def deploy(self, version: str, **more: Any) -> Any:
        """The app once its operation has ended. Raise HttpResponseError if that failed."""
        body = self.body(version, **more)
        return self.azure.apps.container_apps.begin_create_or_update(GROUP, "app", body).result()

    def get(self, path: str = "/", **headers: str) -> str:
        app = self.azure.send("GET", "Microsoft.App/containerApps/app").json()
        fqdn = app["properties"]["configuration"]["ingress"]["fqdn"]
        return self.azure.http.get(f"https://{fqdn}{path}", headers=headers).text


@pytest.fixture(scope="module")
def ground(stand_in: Azure, image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    stand_in.admin("POST", "reset")
    stand_in.make_group()
    made = Ground(stand_in)
    _push(stand_in, image, tmp_path_factory.mktemp("docker"))
    yield made
    stand_in.admin("POST", "reset")
    remove_images(docker.from_env(), [f"127.0.0.1:{stand_in.config.port}"])


def _push(azure: Azure, image: str, folder: Path) -> None:
    """By ACR's token exchange, with the docker that people have."""
    host = f"127.0.0.1:{azure.config.port}"
    form = {
        "grant_type": "access_token",
        "service": SERVER,
        "tenant": azure.config.tenant_id,
        "access_token": azure.token("https://containerregistry.azure.net/.default"),
    }
    password = azure.http.post(f"{azure.endpoint}/oauth2/exchange", data=form).json()["refresh_token"]
    for command, given in (
        (["login", "--username", USER, "--password-stdin", host], password),
        (["tag", image, f"{host}/ai-api:one"], ""),
        (["push", f"{host}/ai-api:one"], ""),
        (["rmi", f"{host}/ai-api:one"], ""),
    ):
        whole = ["docker", "--config", str(folder), *command]
        subprocess.run(whole, input=given, text=True, check=True, capture_output=True)


@pytest.fixture(scope="module")
def app(ground: Ground) -> Ground:
    """With revision one, which was refused for as long as its identity had no roles."""
    with pytest.raises(HttpResponseError, match="unable to fetch secret 'key' using Managed identity"):
        ground.deploy("one")
    ground.grant(ground.vault, SECRETS_USER)
    with pytest.raises(HttpResponseError, match="unable to pull image using Managed identity"):
        ground.deploy("one")
    ground.grant(ground.registry, ACR_PULL)
    assert ground.deploy("one").properties.latest_ready_revision_name == "app--one"
    return ground


def test_it_answers_with_its_secret_and_the_clients_address(app: Ground) -> None:
    assert app.get() == "one"
    environ = json.loads(app.get("/environment"))
    assert environ["SECRET"] == "a test's key"
    assert environ["CONTAINER_APP_REVISION"] == "app--one"
    headers = json.loads(
        app.get("/headers", **{"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"})
    )
    assert {name.lower(): value for name, value in headers.items() if "forwarded" in name.lower()} == {
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-proto": "https",
    }


def test_its_container_gets_tokens_and_reaches_the_vault(app: Ground) -> None:
    """What it is told is enough for a token, and that for the secret."""
    environ = json.loads(app.get("/environment"))
    client = app.identity["properties"]["clientId"]
    query = {"api-version": "2019-08-01", "resource": "https://vault.azure.net", "client_id": client}
    endpoint = environ["IDENTITY_ENDPOINT"]
    assert app.get(f"/fetch?{endpoint}?api-version=2019-08-01") == "401"
    headers = {"X-IDENTITY-HEADER": environ["IDENTITY_HEADER"]}
    token = app.azure.http.get(endpoint, params=query, headers=headers).json()["access_token"]
    url = f"{environ['VAULT']}secrets/openai-key?api-version=7.4"
    answer = app.azure.http.get(url, headers={"authorization": f"Bearer {token}"})
    assert answer.json()["value"] == "a test's key"
    assert app.azure.config.gateway in url
    refused = app.azure.http.delete(url, headers={"authorization": f"Bearer {token}"})
    assert refused.json()["error"]["innererror"]["code"] == "ForbiddenByRbac"


def test_no_answer_shows_a_secret(app: Ground) -> None:
    shown = app.azure.send("GET", "Microsoft.App/containerApps/app").text
    assert "a test's key" not in shown
    body = app.body("one")
    body["properties"]["configuration"]["secrets"].append({"name": "plain", "value": "plain-value"})
    app.azure.apps.container_apps.begin_create_or_update(GROUP, "app", body).result()
    assert "plain-value" not in app.azure.send("GET", "Microsoft.App/containerApps/app").text
    listed = app.azure.apps.container_apps.list_secrets(GROUP, "app")
    assert [each.value for each in listed.value] == [None, "plain-value"]


def test_weights_split_and_a_broken_revision_gets_nothing(app: Ground) -> None:
    revisions = app.azure.apps.container_apps_revisions
    half = [{"revisionName": f"app--{name}", "weight": 50} for name in ("one", "two")]
    app.deploy("two", traffic=half)
    assert sorted(app.get() for _ in range(10)) == ["one"] * 5 + ["two"] * 5

    with pytest.raises(HttpResponseError, match="exited with code 3"):
        app.deploy("broken", traffic=[{"latestRevision": True, "weight": 100}], CRASH="1")
    assert {app.get() for _ in range(6)} == {"two"}
    assert revisions.get_revision(GROUP, "app", "app--broken").properties.health_state == "Unhealthy"
    with pytest.raises(HttpResponseError, match="revision with suffix two already exists"):
        app.deploy("two", OTHER="x")

    app.deploy("three", traffic=[{"revisionName": "app--three", "weight": 100}])
    assert {app.get() for _ in range(6)} == {"three"}
    revisions.deactivate_revision(GROUP, "app", "app--one")
    assert revisions.get_revision(GROUP, "app", "app--one").properties.running_state == "Stopped"


def test_its_lines_are_found_by_query(app: Ground) -> None:
    query = (
        "ContainerAppConsoleLogs_CL | where ContainerAppName_s == 'app' and TimeGenerated >= ago(1h) "
        "| where Log_s contains 'version one' | order by TimeGenerated desc | take 1"
    )
    headers = {"authorization": f"Bearer {app.azure.token(f'{app.azure.endpoint}/.default')}"}
    url = f"{app.azure.endpoint}/v1/workspaces/{app.customer}/query"

    def rows() -> list[list[str]]:
        content = app.azure.http.post(url, json={"query": query}, headers=headers).json()
        found: list[list[str]] = content["tables"][0]["rows"]
        return found

    assert wait_for(lambda: rows() or None, "the line")[0][-1] == "version one"
    refused = app.azure.http.post(url, json={"query": "Heartbeat | count"}, headers=headers)
    assert refused.status_code == 400


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"resources": {"cpu": 0.25, "memory": "1Gi"}}, "ContainerAppInvalidResourceTotal"),
        ({"env": [{"name": "X", "secretRef": "nope"}]}, "ContainerAppSecretRefNotFound"),
        ({"probes": [{"type": "Startup"}]}, "InvalidParameterValueInContainerTemplate"),
    ],
)
def test_a_wrong_template_is_refused(ground: Ground, change: dict[str, Any], code: str) -> None:
    ground.grant(ground.vault, SECRETS_USER)
    body = ground.body("wrong")
    body["properties"]["template"]["containers"][0] |= change
    answer = ground.azure.send("PUT", "Microsoft.App/containerApps/wrong", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


def test_reset_leaves_no_container(app: Ground) -> None:
    began = time.monotonic()
    app.azure.admin("POST", "reset")
    assert time.monotonic() - began < 30
    label = f"label=ai-api-rehearsal.instance={app.azure.config.instance}"
    listed = subprocess.run(["docker", "ps", "-aq", "--filter", label], capture_output=True, check=True)
    assert not listed.stdout
