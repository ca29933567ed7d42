"""Azure, through Microsoft's own client libraries."""

from __future__ import annotations

import ssl
from typing import Any

import httpx
from azure.identity import ClientSecretCredential
from azure.keyvault.secrets import SecretClient
from azure.keyvault.secrets._shared import HttpChallengeCache
from azure.mgmt.appcontainers import ContainerAppsAPIClient
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient

from tests.support.clouds.cloud import Cloud, FailingOperation, OneChange, Words
from tests.support.rehearsal import Rehearsal

SERVICE = "Apply the container app and wait for its revision"
WORKSPACE, REGISTRY = "Apply the workspace that the service logs to", "Apply the container registry"
VAULT = "Apply the key vault"


class Azure(Cloud):
    name = "azure"
    target = "azure-eastus"
    region = "eastus"
    words = Words(
        service=SERVICE,
        stages=(
            "Apply the resource group",
            WORKSPACE,
            "Apply the Container Apps environment",
            REGISTRY,
            VAULT,
            "Put the values where they differ",
            SERVICE,
        ),
        unhealthy="does not become ready",
        refused="failed with an internal error",
    )
    changes = (
        OneChange("environment", {"service_openai_model": "gpt-4o"}, [SERVICE], 1),
        OneChange("cpu and memory", {"service_cpu": 1, "service_memory": 2048}, [SERVICE], 1),
        OneChange("log-retention", {"platform_log_retention_days": 60}, [WORKSPACE], 0),
        OneChange("registry tier", {"registry_sku": "Premium"}, [REGISTRY], 0),
        OneChange("scale limits", {"autoscaling_max": 5}, [SERVICE], 1),
    )
    failing_operation = FailingOperation("PUT containerApps")
    check_mode_calls = frozenset()

    def __init__(self, rehearsal: Rehearsal) -> None:
        self._rehearsal = rehearsal

    @property
    def connection(self) -> dict[str, object]:
        """As the rehearsal's inventory has it."""
        given = ("subscription_id", "tenant_id", "client_id", "client_secret", "endpoint_url", "ca_file")
        named = {name: self._azure[name] for name in given}
        return {"cloud": self.name, "region": self.region, **named}

    @property
    def trust(self) -> ssl.SSLContext:  # type: ignore[override]
        return ssl.create_default_context(cafile=self._azure["ca_file"])

    def url(self, deployment: str) -> str:
        return f"https://{self.app(deployment).properties.configuration.ingress.fqdn}"

    def app(self, deployment: str) -> Any:
        """As azure-mgmt-appcontainers has it."""
        return self.apps.container_apps.get(self.group(deployment), deployment)

    def everything(self) -> set[str]:
        resources = self._client(ResourceManagementClient)
        return {
            *(str(group.name) for group in resources.resource_groups.list()),
            *(str(resource.name) for resource in resources.resources.list()),
            *(str(vault.name) for vault in self.vaults.list_deleted()),
        }

    def plant(self) -> set[str]:
        groups = self._client(ResourceManagementClient).resource_groups
        groups.create_or_update("somebody-elses", {"location": self.region})
        return {"somebody-elses"}

    def versions(self, deployment: str) -> int:
        listed = self.apps.container_apps_revisions.list_revisions(self.group(deployment), deployment)
        return len(list(listed))

    def traffic(self, deployment: str) -> dict[str, int]:
        ingress = self.app(deployment).properties.configuration.ingress
        return {share.revision_name: share.weight for share in ingress.traffic}

    def pin_traffic(self, deployment: str, version: str) -> None:
        group = self.group(deployment)
        self.apps.container_apps_revisions.activate_revision(group, deployment, version)
        ingress = {"traffic": [{"revisionName": version, "weight": 100}]}
        change = {"location": self.region, "properties": {"configuration": {"ingress": ingress}}}
        self.apps.container_apps.begin_update(group, deployment, change).result(timeout=60)

    def stored_key(self, deployment: str) -> str:
        return str(self.secrets(deployment).get_secret("openai-key").value)

    def store_key(self, deployment: str, key: str) -> None:
        self.put_secret(deployment, "openai-key", key)

    def put_secret(self, deployment: str, name: str, value: str) -> None:
        self.secrets(deployment).set_secret(name, value)

    def secrets(self, deployment: str) -> SecretClient:
        HttpChallengeCache.clear()  # else it asks the tenant of a former rehearsal that had this vault's port
        return SecretClient(
            self.vault(deployment).properties.vault_uri,
            self._credential,
            verify_challenge_resource=False,
            connection_verify=self._azure["ca_file"],
        )

    def vault(self, deployment: str) -> Any:
        (vault,) = self.vaults.list_by_resource_group(self.group(deployment))
        return vault

    def log_text(self, deployment: str) -> str:
        environment = self.apps.managed_environments.get(self.group(deployment), deployment)
        workspace = environment.properties.app_logs_configuration.log_analytics_configuration.customer_id
        token = self._credential.get_token("https://api.loganalytics.io/.default").token
        answer = httpx.post(
            f"{self._azure['endpoint_url']}/v1/workspaces/{workspace}/query",
            json={"query": f'ContainerAppConsoleLogs_CL | where ContainerAppName_s == "{deployment}"'},
            headers={"authorization": f"Bearer {token}"},
            verify=self.trust,
        )
        return answer.raise_for_status().text

    def descriptions(self, deployment: str) -> str:
        return str(self.app(deployment).as_dict())

    def group(self, deployment: str) -> str:
        return f"{deployment}-{self.region}"

    @property
    def _azure(self) -> dict[str, str]:
        found: dict[str, str] = self._rehearsal.endpoints["azure"]
        return found

    @property
    def apps(self) -> Any:
        return self._client(ContainerAppsAPIClient)

    @property
    def vaults(self) -> Any:
        return self._client(KeyVaultManagementClient).vaults

    @property
    def _credential(self) -> ClientSecretCredential:
        azure = self._azure
        return ClientSecretCredential(
            azure["tenant_id"],
            azure["client_id"],
            azure["client_secret"],
            authority=azure["endpoint_url"],
            disable_instance_discovery=True,
            connection_verify=azure["ca_file"],
        )

    def _client(self, kind: Any) -> Any:
        azure = self._azure
        return kind(
            self._credential,
            azure["subscription_id"],
            base_url=azure["endpoint_url"],
            credential_scopes=["https://management.azure.com/.default"],
            connection_verify=azure["ca_file"],
        )
