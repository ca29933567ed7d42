"""A Cloud Run service through gcp_resource: one revision a change, and what becomes of one that fails."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import docker
import httpx
import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.core.errors import CloudError
from ansible_collections.ai_api.cloud.plugins.module_utils.core.waiting import Deadline
from ansible_collections.ai_api.cloud.plugins.module_utils.gcp import logs
from ansible_collections.ai_api.cloud.plugins.module_utils.gcp.registry import Registry
from ansible_collections.ai_api.cloud.plugins.module_utils.image.push import push

from tests.support.waiting import wait_for
from tests.unit.collection.gcp.conftest import ACCOUNT, AUTOMATIC, DOCKER, REPOSITORY, SECRET, SERVICE, Gcp
from tests.unit.rehearsal.gcp.harness import REGION
from tests.unit.rehearsal.image import build

ADDRESS = f"{REGION}-docker.pkg.dev/rehearsal/test/ai-api"
READER = "roles/secretmanager.secretAccessor"


@pytest.fixture(scope="session")
def built() -> Iterator[str]:
    """An image in the engine."""
    engine, name = docker.from_env(), f"ai-api-collection-test-{uuid.uuid4().hex[:8]}"
    build(engine, name)
    yield f"{name}:latest"
    engine.images.remove(f"{name}:latest", force=True)


@pytest.fixture
def image(gcp: Gcp, built: str) -> str:
    """The same in the project's registry, by its digest."""
    gcp.apply(REPOSITORY, DOCKER)
    registry, host = Registry(gcp.connection, ADDRESS), gcp.cloud.endpoints["registry_host"]
    target = f"{host}/{ADDRESS.partition('/')[2]}:1"
    push(built, target, registry.login(), gcp.shown.append)
    docker.from_env().images.remove(target)
    return f"{ADDRESS}@{registry.digest('1')}"


def service(image: str, version: str = "one", **template: Any) -> dict[str, Any]:
    return {
        "ingress": "INGRESS_TRAFFIC_ALL",
        "invokerIamDisabled": True,
        "template": {
            "timeout": "300s",
            "maxInstanceRequestConcurrency": 80,
            "scaling": {"minInstanceCount": 1, "maxInstanceCount": 2},
            "containers": [
                {
                    "name": "api",
                    "image": image,
                    "ports": [{"name": "http1", "containerPort": 8000}],
                    "resources": {"limits": {"cpu": "1", "memory": "1024Mi"}, "startupCpuBoost": True},
                    "env": [{"name": "VERSION", "value": version}, *template.pop("env", [])],
                    "startupProbe": {
                        "httpGet": {"path": "/", "port": 8000},
                        "periodSeconds": 1,
                        "failureThreshold": 30,  # a busy machine takes long
                    },
                }
            ],
            **template,
        },
        "traffic": [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}],
    }


def test_a_service_from_its_image_to_its_end(gcp: Gcp, image: str) -> None:
    first = gcp.apply(SERVICE, service(image)).resource
    assert httpx.get(first["uri"]).text == "one"
    assert not gcp.apply(SERVICE, service(image)).changed and gcp.changes == []
    assert gcp.calls == ["run services.get"]

    check = gcp.apply(SERVICE, service(image, "two"), check=True)
    (change,) = check.changes
    assert change.path == "template.containers[api].env[VERSION].value"
    assert (gcp.live(SERVICE) or {})["generation"] == first["generation"]

    second = gcp.apply(SERVICE, service(image, "two")).resource
    assert gcp.changes == ["run services.patch"]
    assert second["latestReadyRevision"] != first["latestReadyRevision"]
    assert httpx.get(second["uri"]).text == "two"

    broken = service(f"{ADDRESS}@sha256:{'0' * 64}")
    with pytest.raises(CloudError, match="not found") as caught:
        gcp.apply(SERVICE, broken)
    ready = second["latestReadyRevision"].rpartition("/")[2]
    assert f"revision {ready} keeps the traffic" in str(caught.value)
    assert "image_push" in str(caught.value) and "CONTAINER_MISSING" in str(caught.value.code)
    assert httpx.get(second["uri"]).text == "two"
    with pytest.raises(CloudError, match="not found"):  # as declared, and failed: it is tried again
        gcp.apply(SERVICE, broken)
    assert gcp.changes == ["run services.patch"]
    assert gcp.apply(SERVICE, service(image, "two")).changed

    since = datetime.now(UTC) - timedelta(minutes=5)
    (line, *_) = wait_for(lambda: logs.read_lines(gcp.connection, "test", since, 5), "log lines")
    assert line.source.startswith("test-") and line.message
    assert gcp.remove(SERVICE).changed and gcp.live(SERVICE) is None


def test_a_role_that_has_not_taken_effect_yet_is_waited_for(gcp: Gcp, image: str) -> None:
    email = gcp.apply(ACCOUNT, {}).resource["email"]
    gcp.apply(SECRET, AUTOMATIC)
    version = gcp.cloud.secret("test-key", "value")
    gcp.bind(SECRET, {"roles/viewer": [f"serviceAccount:{email}"]})  # the account is known from here on
    key = {"name": "KEY", "valueSource": {"secretKeyRef": {"secret": "test-key", "version": version}}}
    body = service(image, env=[key], serviceAccount=email)
    with pytest.raises(CloudError, match="Permission denied on secret"):
        gcp.apply(SERVICE, body, propagation_timeout=0.1)
    gcp.cloud.fault("role-propagation", seconds=2, count=1)
    gcp.bind(SECRET, {READER: [f"serviceAccount:{email}"]})
    outcome = gcp.apply(SERVICE, body)
    assert outcome.changed and outcome.resource["latestReadyRevision"]
    assert gcp.remove(SERVICE).changed


def test_a_run_that_was_killed_while_a_revision_starts_is_taken_up(gcp: Gcp, image: str) -> None:
    job = gcp.job(SERVICE)
    job.deadline = Deadline(0.01)
    with pytest.raises(CloudError, match="in progress"):
        gcp.apply(SERVICE, service(image), job=job)
    outcome = gcp.apply(SERVICE, service(image))
    assert not outcome.changed and outcome.resource["latestReadyRevision"]
    gcp.remove(SERVICE)
