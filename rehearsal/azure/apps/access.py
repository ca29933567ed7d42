"""What an app gets by its managed identity: secrets from vaults, and images from registries."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..arm import ids
from ..arm.errors import ArmError, field_message, invalid_fields
from ..arm.store import Record
from ..cloud import Cloud
from ..kinds.identities import Identities, caller
from ..kinds.registries import Registries
from ..kinds.vaults import Vaults
from ..registry import USER, AcrRepositories, Session
from ..roles import GET_SECRET, PULL
from ..vault import Secrets

_SECRET = re.compile(
    r"https://(?P<host>[^/:]+)(:(?P<port>\d+))?/secrets/(?P<name>[0-9A-Za-z-]+)(/(?P<version>\w*))?"
)
_IMAGE = re.compile(r"(?P<server>[^/]+)/(?P<repository>[^@]+?)(:(?P<tag>[\w.-]+))?(@(?P<digest>sha256:\w+))?")


class Access:
    def __init__(
        self,
        cloud: Cloud,
        vaults: Vaults,
        secrets: Secrets,
        registries: Registries,
        repositories: AcrRepositories,
    ) -> None:
        self._cloud = cloud
        self._vaults = vaults
        self._secrets = secrets
        self._registries = registries
        self._repositories = repositories

    def identities(self, body: Mapping[str, Any]) -> list[Record]:
        """Those that are assigned to an app. Raise ArmError for one that does not exist."""
        found = []
        for name in (body.get("identity") or {}).get("userAssignedIdentities") or {}:
            record = self._cloud.store.get(name)
            if record is None or record.kind != f"{Identities.namespace}/{Identities.type}":
                message = f"The user assigned identity '{name}' could not be found."
                raise ArmError(400, "FailedIdentityOperation", message, target="identity")
            found.append(record)
        return found

    def secrets(self, app: str, body: Mapping[str, Any]) -> dict[str, str]:
        """Name -> value of the secrets that an app declares. Raise ArmError where one cannot be had."""
        declared = (body["properties"].get("configuration") or {}).get("secrets") or []
        return {secret["name"]: secret.get("value") or self._secret(app, body, secret) for secret in declared}

    def _secret(self, app: str, body: Mapping[str, Any], secret: Mapping[str, str]) -> str:
        identity, name = self._assigned(app, body, secret["identity"]), secret["name"]
        match = _SECRET.fullmatch(secret["keyVaultUrl"])
        if match is None:
            message = f'Invalid value: "{name}": the keyVaultUrl is not the address of a secret.'
            raise invalid_fields(app, "configuration.secrets", message)
        port = match["port"]
        vault = (
            self._vaults.on_port(int(port)) if port else self._vaults.find(match["host"].partition(".")[0])
        )
        value = None
        if vault and self._cloud.roles.allow(caller(identity), GET_SECRET, vault.id):
            value = self._secrets.resolve(vault, match["name"], match["version"] or "")
        if value is None:
            who = secret["identity"]
            message = (
                f'Invalid value: "{name}": Unable to get value using Managed identity {who} for secret '
                f"{name}. Error: unable to fetch secret '{name}' using Managed identity '{who}'"
            )
            raise invalid_fields(app, "configuration.secrets", message)
        return value

    def image(self, app: str, body: Mapping[str, Any]) -> tuple[str, tuple[str, str] | None]:
        """By which name the engine gets the app's image, and the login for that. Raise ArmError.

        An image of no registry of ours is had from where its name says.
        """
        container = body["properties"]["template"]["containers"][0]
        match = _IMAGE.fullmatch(container["image"])
        if match is None or not match["server"].endswith(".azurecr.io"):
            return container["image"], None
        field = f"template.containers.{container['name']}.image"
        declared = (body["properties"].get("configuration") or {}).get("registries") or []
        who = next((each["identity"] for each in declared if each.get("server") == match["server"]), "")
        problem = f"GET https:?scope=repository%3A{match['repository']}%3Apull&service={match['server']}: "
        problem += "UNAUTHORIZED: authentication required"
        registry = self._registries.find(match["server"])
        if registry and who:
            identity = caller(self._assigned(app, body, who))
            problem = f"unable to pull image using Managed identity {who} for registry {match['server']}"
            if self._cloud.roles.allow(identity, PULL, registry.id):
                reference = match["digest"] or match["tag"] or "latest"
                manifest = self._repositories.find(
                    Session(registry, identity), match["repository"], reference
                )
                if manifest:
                    host = f"127.0.0.1:{self._cloud.config.port}"
                    login = (USER, self._repositories.refresh_token(registry, identity))
                    return f"{host}/{match['repository']}@{manifest.digest}", login
                problem = f'MANIFEST_UNKNOWN: manifest tagged by "{reference}" is not found'
        raise provisioning_error(
            app, field_message(field, f'Invalid value: "{container["image"]}": {problem}')
        )

    def _assigned(self, app: str, body: Mapping[str, Any], identity: str) -> Record:
        for record in self.identities(body):
            if ids.key(record.id) == ids.key(identity):
                return record
        message = f"The identity '{identity}' is not assigned to the container app."
        raise invalid_fields(app, "identity", message)


def provisioning_error(app: str, details: str) -> ArmError:
    """Why a revision did not come about."""
    return ArmError(
        400,
        "ContainerAppOperationError",
        f"Failed to provision revision for container app '{app}'. Error details: {details}.",
    )
