"""Key vaults, as ARM knows them: deleted softly, recovered or purged."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from ...core.asgi import Request, Response
from ..arm.errors import ArmError, answer
from ..arm.ids import Path, version_of
from ..arm.kind import Change, Kind, Way
from ..arm.locations import normal
from ..arm.operations import Operation
from ..arm.store import Record
from ..cloud import Cloud
from .registries import availability

_RETENTION_DAYS = 90
_RBAC_SINCE = "2026-02-01"  # the version of the API from which roles are the default


class Vaults(Kind):
    """``ports`` are what vaults listen on, one each, as long as they are not purged."""

    namespace = "Microsoft.KeyVault"
    type = "vaults"
    versions = ("2026-05-15", "2025-05-01", "2024-11-01", "2023-07-01", "2022-07-01")
    model = "keyvault.VaultCreateOrUpdateParameters"
    patched = "keyvault.VaultPatchParameters"
    shown = "keyvault.Vault"
    name_pattern = r"[A-Za-z](?!.*--)[A-Za-z0-9-]{1,22}[A-Za-z0-9]"
    name_code = "VaultNameNotValid"
    creating = Way.STATE
    updating = Way.DONE
    in_creation = "RegisteringDns"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.deleted: dict[str, Record] = {}

    def clear(self) -> None:
        self.deleted.clear()

    def find(self, name: str) -> Record | None:
        """By its name, which is worldwide."""
        records = self.cloud.store.of_kind(self.full)
        return next((record for record in records if record.name.casefold() == name.casefold()), None)

    def on_port(self, port: int) -> Record | None:
        """The live vault that listens there."""
        return next(
            (each for each in self.cloud.store.of_kind(self.full) if each.hidden["port"] == port), None
        )

    def check(self, change: Change) -> None:
        properties, before = change.body["properties"], self.deleted.get(change.name.casefold())
        recovering = properties.get("createMode") == "recover"
        if properties["tenantId"].casefold() != self.cloud.config.tenant_id.casefold():
            message = "An invalid value was provided for 'tenantId'."
            raise ArmError(400, "BadRequest", message, target="properties.tenantId")
        if change.before is None and self.find(change.name):
            message = (
                f"The vault name '{change.name}' is already in use. Vault names are globaly unique so it is "
                "possible that the name is already taken. If you are sure that the vault name was not taken "
                "then it is possible that a vault with the same name was recently deleted but not purged "
                "after being placed in a recoverable state."
            )
            raise ArmError(409, "VaultAlreadyExists", message)
        if recovering and change.before is None and before is None:
            message = "A soft deleted vault with the given name does not exist."
            raise ArmError(404, "SoftDeletedVaultDoesNotExist", message)
        if before and not recovering:
            message = (
                "A vault with the same name already exists in deleted state. You need to either recover or "
                "purge existing key vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 "
                "for more information on soft delete."
            )
            raise ArmError(409, "ConflictError", message)
        rbac = properties.get("enableRbacAuthorization", version_of(change.request) >= _RBAC_SINCE)
        if not rbac and not recovering and "accessPolicies" not in properties:
            message = "The parameter accessPolicies is not specified."
            raise ArmError(400, "BadRequest", message, target="properties.accessPolicies")
        if not 7 <= properties.get("softDeleteRetentionInDays", _RETENTION_DAYS) <= 90:
            message = "The parameter softDeleteRetentionInDays must be from 7 to 90."
            raise ArmError(400, "BadRequest", message, target="properties.softDeleteRetentionInDays")

    def fill(self, record: Record, change: Change) -> None:
        deleted = self.deleted.pop(change.name.casefold(), None)
        if deleted:  # as it was: what a recovery declares does not count
            record.body, record.hidden = deleted.body, deleted.hidden
            return
        record.properties.pop("createMode", None)
        record.body["properties"] = {
            "accessPolicies": [],
            "enabledForDeployment": False,
            "enableSoftDelete": True,
            "enableRbacAuthorization": version_of(change.request) >= _RBAC_SINCE,
            "softDeleteRetentionInDays": _RETENTION_DAYS,
            "publicNetworkAccess": "Enabled",
            **record.properties,
        }
        if change.before is None:
            record.hidden = {"port": self._free_port(), "secrets": {}, "deleted": {}}
        record.properties["vaultUri"] = self.uri(record)

    def uri(self, record: Record) -> str:
        return f"https://127.0.0.1:{record.hidden['port']}/"

    def remove(self, record: Record) -> None:
        record.hidden["deleted_at"] = datetime.datetime.now(datetime.UTC)
        self.deleted[record.name.casefold()] = record

    def action_of_type(self, path: Path, request: Request) -> Response | None:
        if request.method != "POST" or path.steps != ("checkNameAvailability",):
            return None
        return answer(
            availability(request, lambda name: self.find(name) or self.deleted.get(name.casefold()))
        )

    def _free_port(self) -> int:
        taken = {each.hidden["port"] for each in self.cloud.store.of_kind(self.full)}
        taken |= {each.hidden["port"] for each in self.deleted.values()}
        free = [port for port in self.cloud.config.vault_ports if port not in taken]
        if not free:
            message = f"The rehearsal has ports for {len(taken)} vaults, deleted ones included: purge some."
            raise ArmError(409, "QuotaExceeded", message)
        return free[0]


class DeletedVaults(Kind):
    """``deletedVaults`` of the subscription, and ``locations/L/deletedVaults/N`` with its ``purge``."""

    namespace = "Microsoft.KeyVault"
    type = "deletedVaults"
    versions = Vaults.versions
    model = "keyvault.DeletedVault"

    def __init__(self, cloud: Cloud, vaults: Vaults) -> None:
        super().__init__(cloud)
        self._vaults = vaults

    def action_of_type(self, path: Path, request: Request) -> Response | None:
        if len(path.steps) == 1:
            return answer({"value": [self._shown(record) for record in self._vaults.deleted.values()]})
        if len(path.steps) < 4 or path.steps[2].casefold() != "deletedvaults":
            return None
        location, name = path.steps[1], path.steps[3]
        record = self._vaults.deleted.get(name.casefold())
        if record is None or normal(location) != normal(record.location):
            raise ArmError(
                404, "DeletedVaultNotFound", f"The specified deleted vault '{name}' does not exist."
            )
        if len(path.steps) == 4:
            return answer(self._shown(record))
        return self._purge(record, version_of(request), self._vaults.deleted.pop)

    def _purge(self, record: Record, version: str, forget: Callable[[str], Any]) -> Response:
        if record.properties.get("enablePurgeProtection"):
            message = "Operation 'DeletedVaultPurge' is not allowed."
            raise ArmError(405, "MethodNotAllowed", message)
        operation = Operation(self.namespace, normal(record.location))
        operations = self.cloud.operations
        operations.start(operation, lambda: forget(record.name.casefold()) and None, lambda _: None)
        return answer(None, 202, operations.headers(operation, version, by_status=False))

    def _shown(self, record: Record) -> dict[str, Any]:
        deleted: datetime.datetime = record.hidden["deleted_at"]
        days = record.properties["softDeleteRetentionInDays"]
        location = normal(record.location)
        base = f"{self.cloud.subscription}/providers/Microsoft.KeyVault/locations/{location}/deletedVaults"
        return {
            "id": f"{base}/{record.name}",
            "name": record.name,
            "type": "Microsoft.KeyVault/deletedVaults",
            "properties": {
                "vaultId": record.id,
                "location": location,
                "tags": record.body.get("tags") or {},
                "deletionDate": _time(deleted),
                "scheduledPurgeDate": _time(deleted + datetime.timedelta(days=days)),
            },
        }


class VaultLocations(DeletedVaults):
    type = "locations"


def _time(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
