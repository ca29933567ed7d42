"""Google's own clients against the stand-in: their libraries over REST, and gcloud where it is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import Conflict, NotFound
from google.cloud import artifactregistry_v1, run_v2, secretmanager_v1
from google.iam.v1 import policy_pb2
from google.oauth2 import service_account

from tests.unit.rehearsal.gcp.harness import LOCATION, PROJECT, REGION, Harness, get


@pytest.fixture
def client(gcp: Harness) -> Callable[[Any, str], Any]:
    """Makes a client of a class for an API, with the key file."""

    def make(kind: Any, api: str) -> Any:
        credentials = service_account.Credentials.from_service_account_info(gcp.key)  # type: ignore[no-untyped-call]
        options = ClientOptions(api_endpoint=f"{gcp.url}/{api}")
        return kind(credentials=credentials, transport="rest", client_options=options)

    return make


def test_secret_manager(client: Callable[[Any, str], Any]) -> None:
    secrets = client(secretmanager_v1.SecretManagerServiceClient, "secretmanager")
    wanted = {"replication": {"automatic": {}}, "labels": {"app": "ai-api"}}
    made = secrets.create_secret(parent=PROJECT, secret_id="key", secret=wanted)
    with pytest.raises(Conflict, match="already exists"):
        secrets.create_secret(parent=PROJECT, secret_id="key", secret=wanted)
    version = secrets.add_secret_version(parent=made.name, payload={"data": b"hidden"})
    assert version.state == secretmanager_v1.SecretVersion.State.ENABLED
    assert secrets.access_secret_version(name=f"{made.name}/versions/latest").payload.data == b"hidden"
    changed = secrets.update_secret(
        secret={"name": made.name, "labels": {"app": "other"}}, update_mask={"paths": ["labels"]}
    )
    assert dict(changed.labels) == {"app": "other"}
    policy = secrets.get_iam_policy(request={"resource": made.name})
    binding = policy_pb2.Binding(role="roles/secretmanager.secretAccessor", members=["allUsers"])
    policy.bindings.append(binding)
    secrets.set_iam_policy(request={"resource": made.name, "policy": policy})
    assert secrets.get_iam_policy(request={"resource": made.name}).bindings[0].members == ["allUsers"]
    assert [one.name for one in secrets.list_secrets(parent=PROJECT)] == [made.name]
    secrets.delete_secret(name=made.name)
    with pytest.raises(NotFound):
        secrets.get_secret(name=made.name)


def test_artifact_registry(client: Callable[[Any, str], Any]) -> None:
    registry = client(artifactregistry_v1.ArtifactRegistryClient, "artifactregistry")
    keep = {"id": "keep", "action": "KEEP", "most_recent_versions": {"keep_count": 10}}
    wanted = {
        "format_": "DOCKER",
        "docker_config": {"immutable_tags": True},
        "cleanup_policies": {"keep": keep},
    }
    made = registry.create_repository(parent=LOCATION, repository_id="app", repository=wanted).result(
        timeout=20
    )
    assert made.docker_config.immutable_tags and made.mode.name == "STANDARD_REPOSITORY"
    mask = {"paths": ["description"]}
    registry.update_repository(repository={"name": made.name, "description": "Images"}, update_mask=mask)
    found = registry.get_repository(name=made.name)
    assert (found.description, found.registry_uri) == ("Images", f"{REGION}-docker.pkg.dev/rehearsal/app")
    assert found.cleanup_policies["keep"].most_recent_versions.keep_count == 10
    assert list(registry.list_docker_images(parent=made.name)) == []
    registry.delete_repository(name=made.name).result(timeout=20)
    assert list(registry.list_repositories(parent=LOCATION)) == []


def test_cloud_run(client: Callable[[Any, str], Any], image: str) -> None:
    services = client(run_v2.ServicesClient, "run")
    container = run_v2.Container(
        image=image,
        ports=[{"container_port": 8000}],
        env=[{"name": "VERSION", "value": "one"}],
        resources={"limits": {"cpu": "1", "memory": "512Mi"}, "cpu_idle": True, "startup_cpu_boost": True},
    )
    template = run_v2.RevisionTemplate(
        containers=[container], scaling={"min_instance_count": 1, "max_instance_count": 3}
    )
    service = run_v2.Service(
        template=template, invoker_iam_disabled=True, ingress=run_v2.IngressTraffic.INGRESS_TRAFFIC_ALL
    )
    made = services.create_service(parent=LOCATION, service_id="web", service=service).result(timeout=30)
    assert get({"uri": made.uri}) == "one"
    made.template.containers[0].env[0].value = "two"
    services.update_service(service=made).result(timeout=30)
    found = services.get_service(name=made.name)
    assert found.terminal_condition.state == run_v2.Condition.State.CONDITION_SUCCEEDED
    assert found.template.max_instance_request_concurrency == 80
    assert get({"uri": made.uri}) == "two"
    revisions = client(run_v2.RevisionsClient, "run")
    assert len(list(revisions.list_revisions(parent=made.name))) == 2
    assert [one.name for one in services.list_services(parent=LOCATION)] == [made.name]
    services.delete_service(name=made.name).result(timeout=30)


@pytest.mark.skipif(shutil.which("gcloud") is None, reason="gcloud is not installed here")
def test_gcloud(gcp: Harness, tmp_path: Path) -> None:
    environ = {
        **os.environ,
        "CLOUDSDK_CONFIG": str(tmp_path),
        "CLOUDSDK_CORE_PROJECT": "rehearsal",
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(tmp_path / "token"),
        **{
            f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{api.upper()}": f"{gcp.url}/{api}/"
            for api in ("run", "secretmanager", "artifactregistry", "iam", "cloudresourcemanager")
        },
    }
    (tmp_path / "token").write_text(gcp.token())
    gcp.secret("openai-key", "hidden")
    gcp.done("POST", f"artifactregistry/v1/{LOCATION}/repositories", {"format": "DOCKER"}, repositoryId="app")

    template = gcp.template(f"{REGION}-docker.pkg.dev/rehearsal/app/web:missing")
    gcp.done_at_once("POST", f"run/v2/{LOCATION}/services", {"template": template}, serviceId="web")

    def gcloud(*arguments: str) -> str:
        command = ["gcloud", *arguments]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert gcloud("secrets", "versions", "access", "latest", "--secret=openai-key") == "hidden"
    listed = gcloud("artifacts", "repositories", "list", f"--location={REGION}", "--format=json")
    assert [one["format"] for one in json.loads(listed)] == ["DOCKER"]
    [service] = json.loads(gcloud("run", "services", "list", "--format=json"))
    assert service["metadata"]["name"] == "web" and service["status"]["url"].startswith("http://127.0.0.1:")
