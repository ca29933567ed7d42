"""What the parts of the Azure stand-in share."""

from __future__ import annotations

from pathlib import Path

from ..core.faults import FaultTable
from .arm.operations import Operations
from .arm.store import Store
from .config import Config
from .roles import Roles
from .schema.tables import Tables
from .tokens import Tokens

ARM_AUDIENCES = ("https://management.azure.com", "https://management.core.windows.net")
VAULT_AUDIENCE = "https://vault.azure.net"
REGISTRY_AUDIENCES = ("https://containerregistry.azure.net", "https://azurecr.io")
LOGS_AUDIENCES = ("https://api.loganalytics.io", "https://api.loganalytics.azure.com")


class Cloud:
    def __init__(self, config: Config, faults: FaultTable) -> None:
        self.config = config
        self.faults = faults
        self.endpoint = f"https://127.0.0.1:{config.port}"
        self.subscription = f"/subscriptions/{config.subscription_id}"
        self.store = Store()
        self.tables = Tables(Path(config.state) / "models.json")
        self.tokens = Tokens(config)
        self.roles = Roles(config, self.store)
        self.operations = Operations(self.endpoint, config.subscription_id)

    def metadata(self) -> dict[str, object]:
        """The cloud's description of itself, as ``/metadata/endpoints`` gives it."""
        return {
            "name": "AzureRehearsal",
            "portal": self.endpoint,
            "authentication": {
                "loginEndpoint": f"{self.endpoint}/",
                "audiences": [f"{ARM_AUDIENCES[1]}/", f"{ARM_AUDIENCES[0]}/"],
                "tenant": "common",
                "identityProvider": "AAD",
            },
            "resourceManager": f"{self.endpoint}/",
            "logAnalyticsResourceId": self.endpoint,
            "suffixes": {"acrLoginServer": "azurecr.io", "keyVaultDns": "vault.azure.net"},
        }
