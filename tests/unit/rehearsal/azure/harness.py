"""The Azure stand-in as its users reach it: by the vendor's own clients, and by plain HTTP."""

from __future__ import annotations

import ssl
import uuid
from functools import cached_property
from typing import Any

import httpx
from azure.identity import ClientSecretCredential
from azure.keyvault.secrets import SecretClient
from azure.mgmt.appcontainers import ContainerAppsAPIClient
from azure.mgmt.keyvault import KeyVaultManagementClient

from rehearsal.azure.config import Config
from rehearsal.azure.tokens import decoded
from tests.support.waiting import wait_for

REGION, GROUP = "westeurope", "test"
ARM_SCOPE = "https://management.azure.com/.default"
VERSIONS = {
    "Microsoft.ManagedIdentity": "2024-11-30",
    "Microsoft.OperationalInsights": "2025-07-01",
    "Microsoft.App": "2025-07-01",
    "Microsoft.ContainerRegistry": "2025-11-01",
    "Microsoft.KeyVault": "2026-05-15",
    "Microsoft.Authorization": "2022-04-01",
}
ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
SECRETS_OFFICER = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"


class Azure:
    def __init__(self, config: Config) -> None:
        self.config = config
        self.endpoint = f"https://127.0.0.1:{config.port}"
        self.subscription = f"/subscriptions/{config.subscription_id}"
        self.group = f"{self.subscription}/resourceGroups/{GROUP}"
        self.http = httpx.Client(verify=ssl.create_default_context(cafile=config.ca_file), timeout=60)

    def credential(self, secret: str = "") -> ClientSecretCredential:
        return ClientSecretCredential(
            self.config.tenant_id,
            self.config.client_id,
            secret or self.config.client_secret,
            authority=self.endpoint,
            disable_instance_discovery=True,
            connection_verify=self.config.ca_file,
        )

    @cached_property
    def _credential(self) -> ClientSecretCredential:
        return self.credential()

    def token(self, scope: str = ARM_SCOPE) -> str:
        return self._credential.get_token(scope).token

    @property
    def principal(self) -> str:
        """The deployer's object id."""
        claims = decoded(self.token())
        assert claims
        return str(claims["oid"])

    @cached_property
    def _arguments(self) -> dict[str, Any]:
        return {
            "credential": self._credential,
            "subscription_id": self.config.subscription_id,
            "base_url": self.endpoint,
            "credential_scopes": [ARM_SCOPE],
            "connection_verify": self.config.ca_file,
        }

    # Any: their overloads take models only, while the clients take JSON as well

    @cached_property
    def apps(self) -> Any:
        return ContainerAppsAPIClient(**self._arguments)

    @cached_property
    def vaults(self) -> Any:
        return KeyVaultManagementClient(**self._arguments)

    def secrets(self, uri: str) -> SecretClient:
        return SecretClient(
            uri, self._credential, verify_challenge_resource=False, connection_verify=self.config.ca_file
        )

    # Plain HTTP

    def send(
        self, method: str, path: str, body: Any = None, version: str = "", **query: str
    ) -> httpx.Response:
        """``path`` is a resource id, or from the group on: ``Microsoft.App/containerApps/x``."""
        namespace = path.rpartition("/providers/")[2].partition("/")[0]
        whole = path if path.startswith("/") else f"{self.group}/providers/{path}"
        parameters = {"api-version": version or VERSIONS.get(namespace, "2025-04-01"), **query}
        headers = {"authorization": f"Bearer {self.token()}"}
        return self.http.request(
            method, f"{self.endpoint}{whole}", json=body, params=parameters, headers=headers
        )

    def poll(self, url: str) -> httpx.Response:
        return self.http.get(url, headers={"authorization": f"Bearer {self.token()}"})

    def made(self, path: str, body: Any) -> dict[str, Any]:
        """The resource once it is there."""
        answer = self.send("PUT", path, body)
        assert answer.status_code in (200, 201), answer.text
        return wait_for(lambda: self._settled(path), path)

    def _settled(self, path: str) -> dict[str, Any] | None:
        content: dict[str, Any] = self.send("GET", path).json()
        state = content["properties"].get("provisioningState", "Succeeded")
        assert state != "Failed", content
        return content if state == "Succeeded" else None

    def admin(self, method: str, name: str, content: Any = None) -> Any:
        url = f"http://127.0.0.1:{self.config.identity_port}/_admin/{name}"
        return httpx.request(method, url, json=content, timeout=60).raise_for_status().json()

    # What most tests need

    def make_group(self) -> dict[str, Any]:
        return self.made(self.group, {"location": REGION})

    def make_vault(self, name: str) -> dict[str, Any]:
        return self.made(f"Microsoft.KeyVault/vaults/{name}", self.vault_body())

    def vault_body(self, **properties: Any) -> dict[str, Any]:
        known = {"tenantId": self.config.tenant_id, "sku": {"family": "A", "name": "standard"}}
        return {"location": REGION, "properties": {**known, "softDeleteRetentionInDays": 7, **properties}}

    def assign(self, scope: str, role: str, principal: str) -> httpx.Response:
        """A role assignment with a name made of what it says."""
        name = uuid.uuid5(uuid.NAMESPACE_URL, f"{scope} {role} {principal}")
        definition = f"{self.subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"
        body = {
            "properties": {
                "roleDefinitionId": definition,
                "principalId": principal,
                "principalType": "ServicePrincipal",
            }
        }
        return self.send("PUT", f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}", body)

    def fault(self, kind: str, service: str = "*", action: str = "*", **more: Any) -> None:
        self.admin("POST", "faults", {"kind": kind, "service": service, "action": action, **more})
