"""Role assignments, and the built-in role definitions."""

from __future__ import annotations

import re
import time
import uuid
from typing import Any

from ...core.asgi import Request, Response
from ...core.faults import PRINCIPAL, ROLE
from ..arm import ids
from ..arm.errors import ArmError, answer, not_found
from ..arm.ids import Path
from ..arm.kind import Change, Kind
from ..arm.store import Record, now
from ..roles import ASSIGNMENT, ROLES

_FILTER = re.compile(r"(?P<how>principalId|assignedTo)(\(| eq )'(?P<principal>[^']+)'\)?")
_IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"


class Assignments(Kind):
    """Below any scope. One takes effect at once, or after the seconds of an armed ``role-propagation``."""

    namespace = "Microsoft.Authorization"
    type = "roleAssignments"
    versions = ("2022-04-01",)
    model = "authorization.RoleAssignmentCreateParameters"
    shown = "authorization.RoleAssignment"
    located = False

    def identity(self, path: Path, name: str, group: str) -> str:
        return f"{self._scope(path)}/providers/{ASSIGNMENT}/{name}"

    def check_name(self, name: str) -> None:
        try:
            uuid.UUID(name)
        except ValueError as error:
            message = f"The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID."
            raise ArmError(400, "InvalidRoleAssignmentId", message) from error

    def check(self, change: Change) -> None:
        wanted = change.body["properties"]
        if wanted["roleDefinitionId"].rpartition("/")[2].casefold() not in ROLES:
            message = f"The specified role definition with ID '{wanted['roleDefinitionId']}' does not exist."
            raise ArmError(404, "RoleDefinitionDoesNotExist", message)
        self._check_principal(wanted["principalId"])
        scope = self._scope(change.path)
        if change.before and _who(change.before.properties) != _who(wanted):
            message = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated."
            raise ArmError(400, "RoleAssignmentUpdateNotPermitted", message)
        for other in self.cloud.store.of_kind(ASSIGNMENT):
            same = ids.key(other.hidden["scope"]) == ids.key(scope) and _who(other.properties) == _who(wanted)
            if same and other is not change.before:
                message = (
                    "The role assignment already exists. "
                    f"The ID of the conflicting role assignment is {uuid.UUID(other.name).hex}."
                )
                raise ArmError(409, "RoleAssignmentExists", message)

    def fill(self, record: Record, change: Change) -> None:
        if change.before is not None:
            return
        fault = self.cloud.faults.take(
            self.namespace.lower(), f"PUT {self.type}", record.properties["roleDefinitionId"], kinds=(ROLE,)
        )
        record.hidden = {
            "scope": self._scope(change.path),
            "effective": time.monotonic() + (fault.seconds if fault else 0.0),
        }
        record.properties.setdefault("principalType", "ServicePrincipal")

    def properties(self, record: Record) -> dict[str, Any]:
        by = self.cloud.roles.deployer.principal
        return {
            **record.properties,
            "scope": record.hidden["scope"],
            "createdOn": record.created,
            "updatedOn": now(),
            "createdBy": by,
            "updatedBy": by,
        }

    def action_of_type(self, path: Path, request: Request) -> Response | None:
        """A list: those at the scope and below it, or with a filter those that reach a principal there."""
        if request.method != "GET" or len(path.steps) != 1:
            return None
        wanted = request.query.get("$filter", [""])[0]
        match = _FILTER.fullmatch(wanted)
        if wanted and wanted != "atScope()" and not match:
            raise ArmError(400, "UnsupportedFilter", f"The filter '{wanted}' is not supported.")
        scope = f"{ids.key(self._scope(path))}/"
        found = []
        for record in self.cloud.store.of_kind(ASSIGNMENT):
            own = f"{ids.key(record.hidden['scope'])}/"
            reaches = scope.startswith(own) or (wanted != "atScope()" and own.startswith(scope))
            if reaches and (not match or record.properties["principalId"] == match["principal"]):
                found.append(self.view(record))
        return answer({"value": found})

    def _scope(self, path: Path) -> str:
        """In Azure's casing. Raise ArmError if there is no such thing."""
        if ids.key(path.scope) == ids.key(self.cloud.subscription):
            return self.cloud.subscription
        record = self.cloud.store.get(path.scope)
        if record is None:
            *_, kind, name = path.scope.split("/")
            raise not_found(kind, name, path.group)
        return record.id

    def _check_principal(self, principal: str) -> None:
        deployer = self.cloud.roles.deployer.principal
        known = {each.hidden["principalId"]: each for each in self.cloud.store.of_kind(_IDENTITIES)}
        fault = self.cloud.faults.take(
            self.namespace.lower(), f"PUT {self.type}", principal, kinds=(PRINCIPAL,)
        )
        if principal == deployer:
            return
        if principal not in known or (
            fault and time.monotonic() - known[principal].hidden["since"] < fault.seconds
        ):
            raise ArmError(
                400,
                "PrincipalNotFound",
                f"Principal {principal.replace('-', '')} does not exist in the directory "
                f"{self.cloud.config.tenant_id}. Check that you have the correct principal ID. If you are "
                "creating this principal and then immediately assigning a role, this error might be related "
                "to a replication delay.",
            )


class Definitions(Kind):
    """The built-in roles that mean something here."""

    namespace = "Microsoft.Authorization"
    type = "roleDefinitions"
    versions = ("2022-04-01",)
    model = ""
    located = False

    def action_of_type(self, path: Path, request: Request) -> Response | None:
        wanted = request.query.get("$filter", [""])[0].removeprefix("roleName eq ").strip("'")
        found = [_definition(role, path.scope) for role in ROLES if wanted in ("", ROLES[role][0])]
        if len(path.steps) == 1:
            return answer({"value": found})
        for definition in found:
            if definition["name"] == path.steps[1].casefold():
                return answer(definition)
        raise ArmError(404, "RoleDefinitionDoesNotExist", f"The role '{path.steps[1]}' does not exist.")


def _definition(role: str, scope: str) -> dict[str, Any]:
    return {
        "id": f"{scope}/providers/Microsoft.Authorization/roleDefinitions/{role}",
        "type": "Microsoft.Authorization/roleDefinitions",
        "name": role,
        "properties": {"roleName": ROLES[role][0], "type": "BuiltInRole", "assignableScopes": ["/"]},
    }


def _who(properties: dict[str, Any]) -> tuple[str, str]:
    return properties["principalId"].casefold(), properties["roleDefinitionId"].rpartition("/")[2].casefold()
