"""What the playbook made, as the vendors' own clients read it back."""

from __future__ import annotations

import httpx
import pytest

from tests.support.clouds.azure import Azure
from tests.support.clouds.gcp import Gcp
from tests.support.playbook import Target

gcp = pytest.mark.parametrize("target", ["gcp"], indirect=True)
azure = pytest.mark.parametrize("target", ["azure"], indirect=True)
KEY = "OPENAI_API_KEY"


@pytest.fixture(scope="module")
def deployed(target: Target) -> Target:
    target.deploy("--skip-tags", "verify").succeeded()
    return target


@gcp
def test_the_cloud_run_service(deployed: Target) -> None:
    cloud, name = deployed.cloud, deployed.name
    assert isinstance(cloud, Gcp)
    service = cloud.service(name)
    template, (container,) = service.template, service.template.containers
    repository = cloud.repository(name)
    assert container.image.startswith(f"{repository.registry_uri}/ai-api@sha256:")
    assert service.labels["deployment"] == name
    assert service.ingress.name == "INGRESS_TRAFFIC_ALL"
    assert template.service_account == f"{name}-run@rehearsal.iam.gserviceaccount.com"
    assert template.timeout.total_seconds() == 300
    assert template.max_instance_request_concurrency == 80
    assert (template.scaling.min_instance_count, template.scaling.max_instance_count) == (1, 100)
    assert dict(container.resources.limits) == {"cpu": "1", "memory": "1024Mi"}
    assert container.resources.startup_cpu_boost
    assert [port.container_port for port in container.ports] == [8000]
    for probe in (container.startup_probe, container.liveness_probe):
        assert (probe.http_get.path, probe.http_get.port) == ("/health", 8000)
    (share,) = service.traffic
    assert (share.type_.name, share.percent) == ("TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", 100)


@gcp
def test_the_key_is_in_secret_manager_alone_and_one_account_may_read_it(deployed: Target) -> None:
    cloud = deployed.cloud
    assert isinstance(cloud, Gcp)
    (container,) = cloud.service(deployed.name).template.containers
    (variable,) = (each for each in container.env if each.name == KEY)
    reference = variable.value_source.secret_key_ref
    assert (reference.secret, reference.version) == ("openai-key", "1")
    secret = f"{cloud.project}/secrets/openai-key"
    (binding,) = cloud.secrets.get_iam_policy(request={"resource": secret}).bindings
    assert binding.role == "roles/secretmanager.secretAccessor"
    assert list(binding.members) == [f"serviceAccount:{deployed.name}-run@rehearsal.iam.gserviceaccount.com"]


@gcp
def test_tags_of_the_repository_are_immutable_and_old_images_go(deployed: Target) -> None:
    assert isinstance(deployed.cloud, Gcp)
    repository = deployed.cloud.repository(deployed.name)
    assert repository.docker_config.immutable_tags
    assert repository.cleanup_policies["keep-recent"].most_recent_versions.keep_count == 30
    assert repository.cleanup_policies["delete-untagged"].action.name == "DELETE"


@gcp
def test_a_service_that_is_not_public_refuses_callers_until_it_is(deployed: Target) -> None:
    run = deployed.deploy("--skip-tags", "verify", service_public=False).succeeded()
    assert run.changed == [deployed.cloud.words.service]
    assert httpx.get(f"{deployed.url}/health").status_code == 403
    deployed.deploy("--skip-tags", "verify").succeeded()
    assert httpx.get(f"{deployed.url}/health").status_code == 200


@azure
def test_the_container_app(deployed: Target) -> None:
    cloud, name = deployed.cloud, deployed.name
    assert isinstance(cloud, Azure)
    app = cloud.app(name)
    properties = app.properties
    configuration, template = properties.configuration, properties.template
    (container,) = template.containers
    (registry,) = configuration.registries
    (identity,) = app.identity.user_assigned_identities
    assert container.image.startswith(f"{registry.server}/ai-api@sha256:")
    assert registry.server.endswith(".azurecr.io")
    assert (registry.identity, registry.username) == (identity, None)
    assert app.tags["deployment"] == name
    assert configuration.active_revisions_mode == "Multiple"
    assert (container.resources.cpu, container.resources.memory) == (0.5, "1Gi")
    assert {probe.type: probe.http_get.path for probe in container.probes} == {
        "Startup": "/health",
        "Liveness": "/health",
        "Readiness": "/health/ready",
    }
    assert {each.name: each.value for each in container.env}["TRUSTED_PROXY_HOPS"] == "1"


@azure
def test_a_container_app_scales_from_1_to_10_by_requests_and_by_cpu(deployed: Target) -> None:
    assert isinstance(deployed.cloud, Azure)
    scale = deployed.cloud.app(deployed.name).properties.template.scale
    assert (scale.min_replicas, scale.max_replicas) == (1, 10)
    http, cpu = scale.rules
    assert http.http.metadata == {"concurrentRequests": "50"}
    assert (cpu.custom.type, cpu.custom.metadata) == ("cpu", {"type": "Utilization", "value": "70"})


@azure
def test_a_container_app_is_reached_by_tls_alone(deployed: Target) -> None:
    assert isinstance(deployed.cloud, Azure)
    ingress = deployed.cloud.app(deployed.name).properties.configuration.ingress
    assert (ingress.external, ingress.target_port, ingress.allow_insecure) == (True, 8000, False)
    assert httpx.get(f"{deployed.url}/health", verify=deployed.cloud.trust).status_code == 200
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{deployed.url.replace('https:', 'http:')}/health")


@azure
def test_the_key_is_in_a_vault_that_goes_by_roles(deployed: Target) -> None:
    cloud = deployed.cloud
    assert isinstance(cloud, Azure)
    vault, properties = cloud.vault(deployed.name), cloud.app(deployed.name).properties
    assert vault.properties.enable_rbac_authorization
    assert vault.tags["deployment"] == deployed.name
    stored = cloud.secrets(deployed.name).get_secret("openai-key")
    (secret,) = properties.configuration.secrets
    assert secret.key_vault_url == stored.id
    assert secret.value is None
    (variable,) = (each for each in properties.template.containers[0].env if each.name == KEY)
    assert (variable.secret_ref, variable.value) == (secret.name, None)
