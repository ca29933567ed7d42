"""Azure, through Microsoft's own client libraries."""

from __future__ import annotations

import ssl
from typing import Any

import httpx
from azure.identity import ClientSecretCredential
from azure.keyvault.secrets import SecretClient
from azure.mgmt.appcontainers import ContainerAppsAPIClient
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient

from tests.support.clouds.cloud import Cloud, FailingOperation, OneChange, Words
from tests.support.rehearsal import Rehearsal

SERVICE = "Apply the container app and wait for its revision"
WORKSPACE, REGISTRY = "Apply the workspace that the service logs to", "Apply the container registry"


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
            "Apply the key vault",
            "Put the provider key where it differs",
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
    def trust(self) -> ssl.SSLContext:  # type: ignore[override]
        return ssl.create_default_context(cafile=self._azure["ca_file"])

    def url(self, deployment: str) -> str:
        app = self._apps.container_apps.get(self._group(deployment), deployment)
        return f"https://{app.properties.configuration.ingress.fqdn}"

    def everything(self) -> set[str]:
        resources = self._client(ResourceManagementClient)
        vaults = self._client(KeyVaultManagementClient)
        return {
            *(str(group.name) for group in resources.resource_groups.list()),
            *(str(resource.name) for resource in resources.resources.list()),
            *(str(vault.name) for vault in vaults.vaults.list_deleted()),
        }

    def plant(self) -> set[str]:
        groups = self._client(ResourceManagementClient).resource_groups
        groups.create_or_update("somebody-elses", {"location": self.region})
        return {"somebody-elses"}

    def versions(self, deployment: str) -> int:
        listed = self._apps.container_apps_revisions.list_revisions(self._group(deployment), deployment)
        return len(list(listed))

    def stored_key(self, deployment: str) -> str:
        (vault,) = self._client(KeyVaultManagementClient).vaults.list_by_resource_group(
            self._group(deployment)
        )
        client = SecretClient(
            vault.properties.vault_uri,
            self._credential,
            verify_challenge_resource=False,
            connection_verify=self._azure["ca_file"],
        )
        return str(client.get_secret("openai-key").value)

    def log_text(self, deployment: str) -> str:
        environment = self._apps.managed_environments.get(self._group(deployment), deployment)
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
        app = self._apps.container_apps.get(self._group(deployment), deployment)
        return str(app.as_dict())

    def _group(self, deployment: str) -> str:
        return f"{deployment}-{self.region}"

    @property
    def _azure(self) -> dict[str, str]:
        found: dict[str, str] = self._rehearsal.endpoints["azure"]
        return found

    @property
    def _apps(self) -> Any:
        return self._client(ContainerAppsAPIClient)

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
