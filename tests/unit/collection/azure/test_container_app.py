"""A container app deployed without a gap, against the stand-in with real containers."""

from __future__ import annotations

import secrets
import ssl
from collections.abc import Iterator
from typing import Any

import docker
import httpx
import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.azure.container_app.deploy import (
    Deployer,
    Deployment,
)
from ansible_collections.ai_api.cloud.plugins.module_utils.azure.container_app.plan import (
    only,
    routed,
    unmoved,
)
from ansible_collections.ai_api.cloud.plugins.module_utils.azure.container_app.revisions import Revisions
from ansible_collections.ai_api.cloud.plugins.module_utils.azure.key_vault import KeyVault
from ansible_collections.ai_api.cloud.plugins.module_utils.azure.resource.shape import merged
from ansible_collections.ai_api.cloud.plugins.module_utils.azure.resource.wanted import Wanted
from ansible_collections.ai_api.cloud.plugins.module_utils.core.errors import CloudError

from tests.unit.collection.azure.conftest import (
    GROUP,
    IDENTITIES,
    IDENTITY,
    OTHERS,
    REGION,
    SECRETS_OFFICER,
    SECRETS_USER,
    TAGS,
    VAULT,
    VAULTS,
    Azure,
)
from tests.unit.collection.azure.test_roles import assign
from tests.unit.rehearsal.image import build

APP = f"{GROUP}/providers/Microsoft.App/containerApps/api"
ENVIRONMENT = f"{GROUP}/providers/Microsoft.App/managedEnvironments/test"
VERSION = "2025-07-01"


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    engine = docker.from_env()
    name = f"ai-api-test-{secrets.token_hex(4)}"
    build(engine, name)
    yield f"{name}:latest"
    engine.images.remove(f"{name}:latest", force=True)


@pytest.fixture
def apps(azure: Azure, image: str) -> Iterator[Apps]:
    azure.group()
    azure.apply(ENVIRONMENT, VERSION, {"properties": {}})
    yield Apps(azure, image)
    azure.admin("POST", "reset")


class Apps:
    """Deploys as azure_container_app does; the app answers with the ``version`` of its revision."""

    def __init__(self, azure: Azure, image: str) -> None:
        self.azure = azure
        self.image = image

    def body(
        self, version: str, configuration: dict[str, Any] | None = None, **environ: str
    ) -> dict[str, Any]:
        session = self.azure.session
        variables = {"VERSION": version, **environ}
        # What is meant to start may take long where the machine is busy.
        attempts = 3 if "CRASH" in environ else 30
        probe = {
            "httpGet": {"path": "/health", "port": 8000},
            "periodSeconds": 1,
            "failureThreshold": attempts,
        }
        ingress = {"external": True, "targetPort": 8000, "transport": "auto", "allowInsecure": False}
        container = {
            "name": "api",
            "image": self.image,
            "resources": {"cpu": 0.25, "memory": "0.5Gi"},
            "env": [{"name": name, "value": value} for name, value in variables.items()],
            "probes": [{"type": "Startup", **probe}],
        }
        return {
            "location": REGION,
            "properties": {
                "environmentId": session.full_id(ENVIRONMENT),
                "configuration": {"ingress": ingress, **(configuration or {})},
                "template": {"containers": [container], "scale": {"minReplicas": 1, "maxReplicas": 2}},
            },
        }

    def deploy(
        self, body: dict[str, Any], *, keep: int = 1, tags: dict[str, str] = TAGS, **job: Any
    ) -> Deployment:
        self.azure.forget_calls()
        made = self.azure.job(APP, VERSION, **job)
        return Deployer(made, Wanted(made.id, body, tags), Revisions(made, 20), keep).deploy()

    def active(self) -> dict[str, int]:
        """Revision -> its share of the traffic."""
        known = Revisions(self.azure.job(APP, VERSION), 20).all()
        return {each.name: each.weight for each in known if each.active}

    def answer(self, url: str) -> str:
        trust = ssl.create_default_context(cafile=self.azure.connection["ca_file"])
        return httpx.get(url, verify=trust).text


def test_a_deployment_is_one_revision_and_the_same_again_is_two_reads(apps: Apps) -> None:
    check = apps.deploy(apps.body("1"), check=True)
    assert "known after deployment" in check.revision and "known after deployment" in check.url
    assert check.changes and apps.azure.changes == []

    first = apps.deploy(apps.body("1"))
    assert first.changes and apps.active() == {first.revision: 100}
    assert "1" in apps.answer(first.url)
    again = apps.deploy(apps.body("1"))
    assert not again.changes and again.revision == first.revision and apps.azure.changes == []

    planned = apps.deploy(apps.body("2"), check=True)
    assert "traffic" in {change.path for change in planned.changes} and apps.azure.changes == []
    second = apps.deploy(apps.body("2"))
    assert "2" in apps.answer(second.url)
    assert apps.active() == {first.revision: 0, second.revision: 100}
    back = apps.deploy(apps.body("1"))
    assert apps.active() == {second.revision: 0, back.revision: 100}, "one old revision stays active"
    assert "1" in apps.answer(back.url) and back.revision != first.revision
    assert not apps.deploy(apps.body("1")).changes


def test_a_revision_that_fails_gets_no_traffic_and_the_way_on_is_free(apps: Apps) -> None:
    good = apps.deploy(apps.body("1"))
    for _ in range(2):  # the second run tries it anew
        with pytest.raises(CloudError, match=r"does not become ready, and the traffic stays") as failure:
            apps.deploy(apps.body("2", CRASH="1"))
        assert failure.value.code == "RevisionFailed" and "service_logs" in str(failure.value.next_step)
        assert apps.active() == {good.revision: 100}
        assert "1" in apps.answer(good.url)
    mended = apps.deploy(apps.body("3"))
    assert "3" in apps.answer(mended.url)
    assert not apps.deploy(apps.body("3")).changes


def test_a_first_revision_that_fails_is_no_dead_end(apps: Apps) -> None:
    with pytest.raises(CloudError, match="does not become ready"):
        apps.deploy(apps.body("1", CRASH="1"))
    mended = apps.deploy(apps.body("2"))
    assert apps.active()[mended.revision] == 100 and "2" in apps.answer(mended.url)


def test_a_run_that_was_killed_before_the_traffic_moved_is_taken_up(apps: Apps) -> None:
    old = apps.deploy(apps.body("1"))
    job = apps.azure.job(APP, VERSION)
    deployer = Deployer(job, Wanted(job.id, apps.body("2"), TAGS), Revisions(job, 20), 1)
    known = deployer.revisions.all()
    name, target = deployer._target(job.read(), known)
    job.send("PUT", "update", merged(target, routed(unmoved(known))))
    assert apps.active() == {old.revision: 100, name: 0}
    assert "1" in apps.answer(old.url)
    after = apps.deploy(apps.body("2"))
    assert after.revision == name and [change.path for change in after.changes] == ["traffic"]
    assert "2" in apps.answer(after.url)


def test_traffic_that_was_moved_by_hand_is_moved_back(apps: Apps) -> None:
    first = apps.deploy(apps.body("1"))
    second = apps.deploy(apps.body("2"))
    apps.azure.by_hand("PATCH", APP, VERSION, routed(only(first.revision)))
    assert [change.path for change in apps.deploy(apps.body("2"), check=True).changes] == ["traffic"]
    apps.deploy(apps.body("2"))
    assert apps.active()[second.revision] == 100


def test_an_app_of_others_is_left_alone(apps: Apps) -> None:
    apps.deploy(apps.body("1"), tags=OTHERS)
    with pytest.raises(CloudError, match="not ours"):
        apps.deploy(apps.body("2"))


def test_a_secret_that_the_identity_may_not_read_yet_is_waited_for(apps: Apps) -> None:
    azure = apps.azure
    identity = azure.apply(IDENTITY, IDENTITIES).resource
    vault = azure.apply(VAULT, VAULTS, azure.vault_body()).resource
    assign(azure, VAULT, azure.session.caller().object_id, SECRETS_OFFICER)
    secret = f"{vault['properties']['vaultUri']}secrets/openai-key"
    KeyVault(azure.session, azure.progress).put(secret, "of-the-vault")
    azure.fault("role-propagation", seconds=2.0)
    assign(azure, VAULT, identity["properties"]["principalId"], SECRETS_USER)
    held = [{"name": "openai-key", "keyVaultUrl": secret, "identity": identity["id"]}]
    body = apps.body("1", {"secrets": held})
    body["identity"] = {"type": "UserAssigned", "userAssignedIdentities": {identity["id"]: {}}}
    body["properties"]["template"]["containers"][0]["env"].append({"name": "KEY", "secretRef": "openai-key"})
    with pytest.raises(CloudError, match="Its role assignment has not taken effect in 1 s"):
        apps.deploy(body, propagation_timeout=1)
    made = apps.deploy(body)
    assert any("waiting for the role assignment to take effect" in line for line in azure.shown)
    assert "of-the-vault" in apps.answer(f"{made.url}/environment")
    assert not apps.deploy(body).changes
    assert "of-the-vault" not in str(made)
