"""Container registries, as ARM knows them."""

from __future__ import annotations

from typing import Any

from ...core.asgi import Request, Response
from ..arm.errors import ArmError, answer
from ..arm.ids import Path
from ..arm.kind import Change, Kind, Way
from ..arm.store import Record

_SKUS = ("Basic", "Standard", "Premium")


class Registries(Kind):
    namespace = "Microsoft.ContainerRegistry"
    type = "registries"
    versions = ("2025-11-01", "2025-04-01", "2023-07-01", "2022-12-01")
    model = "registry.Registry"
    patched = "registry.RegistryUpdateParameters"
    name_pattern = r"[A-Za-z0-9]{5,50}"
    name_code = "InvalidRegistryName"
    creating = Way.STATUS
    patching = Way.STATUS
    deleting = Way.RESULT

    def find(self, name: str) -> Record | None:
        """By its name, which is worldwide, or its login server."""
        name = name.casefold().removesuffix(".azurecr.io")
        records = self.cloud.store.of_kind(self.full)
        return next((record for record in records if record.name.casefold() == name), None)

    def check(self, change: Change) -> None:
        if change.before is None and self.find(change.name):
            message = (
                f"The registry DNS name {change.name.lower()}.azurecr.io is already in use. "
                "You can check if the name is already claimed using following API: "
                "https://docs.microsoft.com/en-us/rest/api/containerregistry/registries/checknameavailability"
            )
            raise ArmError(409, "AlreadyInUse", message)
        if change.body["sku"]["name"] not in _SKUS:
            message = f"The sku '{change.body['sku']['name']}' is not one of {', '.join(_SKUS)}."
            raise ArmError(400, "InvalidSku", message, target="sku.name")

    def fill(self, record: Record, change: Change) -> None:
        record.body["sku"] = {"name": record.body["sku"]["name"], "tier": record.body["sku"]["name"]}
        record.body["properties"] = {
            "adminUserEnabled": False,
            "publicNetworkAccess": "Enabled",
            "zoneRedundancy": "Disabled",
            "anonymousPullEnabled": False,
            "dataEndpointEnabled": False,
            "networkRuleBypassOptions": "AzureServices",
            **record.properties,
        }
        record.hidden.setdefault("images", {})

    def properties(self, record: Record) -> dict[str, Any]:
        server = f"{record.name.lower()}.azurecr.io"
        return {**record.properties, "loginServer": server, "creationDate": record.created}

    def action(self, record: Record, steps: tuple[str, ...], request: Request) -> Response | None:
        if request.method != "POST" or steps[0].casefold() != "listcredentials":
            return None
        if not record.properties["adminUserEnabled"]:
            message = (
                f"The operation is disallowed on this registry {record.name}: the admin user is disabled."
            )
            raise ArmError(400, "UnAuthorizedForCredentialOperations", message)
        raise ArmError(501, "NotImplemented", "The rehearsal has no admin user: log in with a token.")

    def action_of_type(self, path: Path, request: Request) -> Response | None:
        """Whether a name is free."""
        if request.method != "POST" or path.steps != ("checkNameAvailability",):
            return None
        return answer(availability(request, self.find))


def availability(request: Request, find: Any) -> dict[str, Any]:
    """To ``checkNameAvailability``, where ``find`` finds who has a name."""
    name = str(request.json().get("name", ""))
    if find(name):
        message = f"The name '{name}' is already in use."
        return {"nameAvailable": False, "reason": "AlreadyExists", "message": message}
    return {"nameAvailable": True}
