"""The data plane of key vaults: secrets and their versions, deleted softly."""

from __future__ import annotations

import re
import uuid
from typing import Any

from ..core.asgi import Request, Response
from .arm.errors import ArmError, answer
from .arm.store import Record
from .cloud import VAULT_AUDIENCE, Cloud
from .kinds.vaults import Vaults
from .roles import GET_SECRET, READ_SECRETS, SECRETS
from .secret_version import Version

VERSIONS = ("2026-04-01", "2025-07-01", "7.6", "7.5", "7.4", "7.3", "7.2")
_NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")


class Secrets:
    """Answers what is asked of a vault at its own port."""

    def __init__(self, cloud: Cloud, vaults: Vaults) -> None:
        self._cloud = cloud
        self._vaults = vaults

    def answer(self, request: Request, port: int) -> Response:
        try:
            vault = self._vaults.on_port(port)
            if vault is None:
                raise ArmError(404, "VaultNotFound", f"No vault listens on port {port}.")
            return self._answer(vault, request)
        except ArmError as error:
            return error.response()

    def refuse(self, request: Request) -> Response | None:
        """The challenge by which clients learn where to get a token for what."""
        try:
            self._cloud.tokens.caller(request.headers, (VAULT_AUDIENCE,))
        except ArmError as error:
            authority = f"{self._cloud.endpoint}/{self._cloud.config.tenant_id}"
            challenge = f'Bearer authorization="{authority}", resource="{VAULT_AUDIENCE}"'
            code, message = "Unauthorized", f"AKV10000: Request is missing a Bearer or PoP token. {error}"
            return ArmError(401, code, message, headers={"www-authenticate": challenge}).response()
        return None

    def resolve(self, vault: Record, name: str, version: str = "") -> str | None:
        """The value of a secret, None if there is no such one (any more)."""
        versions = vault.hidden["secrets"].get(name.casefold(), [])
        found = [each for each in versions if not version or each.id == version]
        return found[-1].value if found else None

    def _answer(self, vault: Record, request: Request) -> Response:
        if request.query.get("api-version", [""])[0] not in VERSIONS:
            message = "The specified version is not recognized. Consider using the latest supported version."
            raise ArmError(400, "BadParameter", message)
        kind, *rest = request.path.strip("/").split("/")
        name, what = (*rest, "", "")[:2]
        if kind not in ("secrets", "deletedsecrets") or (name and not _NAME.fullmatch(name)):
            raise ArmError(400, "BadParameter", f"The request URI contains an invalid name: {request.path}")
        action = (request.method, kind, bool(name), what if kind == "deletedsecrets" else "")
        found = {
            ("PUT", "secrets", True, ""): (self._set, f"{SECRETS}setSecret/action"),
            ("GET", "secrets", True, ""): (self._get, GET_SECRET),
            ("GET", "secrets", False, ""): (self._list, READ_SECRETS),
            ("PATCH", "secrets", True, ""): (self._update, f"{SECRETS}update/action"),
            ("DELETE", "secrets", True, ""): (self._delete, f"{SECRETS}delete"),
            ("GET", "deletedsecrets", True, ""): (self._get_deleted, READ_SECRETS),
            ("GET", "deletedsecrets", False, ""): (self._list_deleted, READ_SECRETS),
            ("DELETE", "deletedsecrets", True, ""): (self._purge, f"{SECRETS}purge/action"),
            ("POST", "deletedsecrets", True, "recover"): (self._recover, f"{SECRETS}recover/action"),
        }.get(action)
        if found is None:
            raise ArmError(405, "MethodNotAllowed", f"{request.method} {request.path} is not supported.")
        handler, permission = found
        if what == "versions":
            handler, permission = self._list_versions, READ_SECRETS
        self._require(vault, request, permission, name)
        with self._cloud.store.lock:
            return handler(vault, name, what, request)

    def _require(self, vault: Record, request: Request, permission: str, name: str) -> None:
        caller = self._cloud.tokens.caller(request.headers, (VAULT_AUDIENCE,))
        if self._cloud.roles.allow(caller, permission, vault.id):
            return
        resource = vault.id.lower() + (f"/secrets/{name}" if name else "")
        raise ArmError(
            403,
            "Forbidden",
            "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny "
            "assignments or role definitions were changed recently, please observe propagation time.\r\n"
            f"Caller: appid={caller.client};oid={caller.principal};"
            f"iss=https://sts.windows.net/{self._cloud.config.tenant_id}/\r\nAction: '{permission}'\r\n"
            f"Resource: '{resource}'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\n"
            f"DecisionReason: 'DeniedWithNoValidRBAC' \r\nVault: {vault.name};location={vault.location}\r\n",
            inner="ForbiddenByRbac",
        )

    def _set(self, vault: Record, name: str, _: str, request: Request) -> Response:
        body = request.json()
        if not isinstance(body.get("value"), str):
            raise ArmError(400, "BadParameter", "Property value has invalid value.")
        if name.casefold() in vault.hidden["deleted"]:
            raise ArmError(
                409,
                "Conflict",
                f"Secret {name} is currently in a deleted but recoverable state, and its name cannot be "
                "reused; in this state, the secret can only be recovered or purged.",
                inner="ObjectIsDeletedButRecoverable",
            )
        version = Version(uuid.uuid4().hex, body.pop("value"), body)
        vault.hidden["secrets"].setdefault(name.casefold(), []).append(version)
        return answer({"value": version.value, **self._item(vault, name, version)})

    def _get(self, vault: Record, name: str, version: str, _: Request) -> Response:
        found = self._found(vault, name, version)
        return answer({"value": found.value, **self._item(vault, name, found)})

    def _update(self, vault: Record, name: str, version: str, request: Request) -> Response:
        found = self._found(vault, name, version)
        found.declared |= request.json()
        return answer(self._item(vault, name, found))

    def _list(self, vault: Record, _: str, __: str, ___: Request) -> Response:
        names = vault.hidden["secrets"].items()
        items = [self._item(vault, name, versions[-1], versioned=False) for name, versions in names]
        return answer({"value": items, "nextLink": None})

    def _list_versions(self, vault: Record, name: str, _: str, __: Request) -> Response:
        versions = vault.hidden["secrets"].get(name.casefold(), [])
        return answer({"value": [self._item(vault, name, each) for each in versions], "nextLink": None})

    def _delete(self, vault: Record, name: str, _: str, __: Request) -> Response:
        version = self._found(vault, name, "")
        vault.hidden["deleted"][name.casefold()] = vault.hidden["secrets"].pop(name.casefold())
        return answer(self._deleted(vault, name, version))

    def _get_deleted(self, vault: Record, name: str, _: str, __: Request) -> Response:
        return answer(self._deleted(vault, name, self._found_deleted(vault, name)))

    def _list_deleted(self, vault: Record, _: str, __: str, ___: Request) -> Response:
        names = vault.hidden["deleted"].items()
        return answer(
            {"value": [self._deleted(vault, name, each[-1]) for name, each in names], "nextLink": None}
        )

    def _purge(self, vault: Record, name: str, _: str, __: Request) -> Response:
        self._found_deleted(vault, name)
        del vault.hidden["deleted"][name.casefold()]
        return answer(None, 204)

    def _recover(self, vault: Record, name: str, _: str, __: Request) -> Response:
        version = self._found_deleted(vault, name)
        vault.hidden["secrets"][name.casefold()] = vault.hidden["deleted"].pop(name.casefold())
        return answer(self._item(vault, name, version))

    def _found(self, vault: Record, name: str, version: str) -> Version:
        versions: list[Version] = vault.hidden["secrets"].get(name.casefold(), [])
        found = [each for each in versions if not version or each.id == version]
        if not found:
            named = f"{name}/{version}" if version else name
            message = f"A secret with (name/id) {named} was not found in this key vault."
            raise ArmError(404, "SecretNotFound", message)
        return found[-1]

    def _found_deleted(self, vault: Record, name: str) -> Version:
        versions: list[Version] = vault.hidden["deleted"].get(name.casefold(), [])
        if not versions:
            raise ArmError(404, "SecretNotFound", f"Deleted Secret not found: {name}")
        return versions[-1]

    def _item(self, vault: Record, name: str, version: Version, *, versioned: bool = True) -> dict[str, Any]:
        """Without its value."""
        base = f"{self._vaults.uri(vault)}secrets/{name}"
        return version.shown(f"{base}/{version.id}" if versioned else base, _days(vault))

    def _deleted(self, vault: Record, name: str, version: Version) -> dict[str, Any]:
        recovery = f"{self._vaults.uri(vault)}deletedsecrets/{name}"
        return {**self._item(vault, name, version), "recoveryId": recovery, **version.deletion(_days(vault))}


def _days(vault: Record) -> int:
    return int(vault.properties["softDeleteRetentionInDays"])
