"""Who may do what with data. What ARM itself asks for is Owner, which the deployer has and nobody else."""

from __future__ import annotations

import time
import uuid

from .arm import ids
from .arm.store import Record, Store
from .config import Config
from .tokens import Caller

ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
# Built-in roles: name and what each allows on data.
GET_SECRET = "Microsoft.KeyVault/vaults/secrets/getSecret/action"  # noqa: S105 an action's name
READ_SECRETS = "Microsoft.KeyVault/vaults/secrets/readMetadata/action"
PULL, PUSH = (
    "Microsoft.ContainerRegistry/registries/pull/read",
    "Microsoft.ContainerRegistry/registries/push/write",
)
SECRETS = "Microsoft.KeyVault/vaults/secrets/"
READ_LOGS = "Microsoft.OperationalInsights/workspaces/query/read"
ROLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": ("Owner", (PULL, PUSH, READ_LOGS)),
    "b24988ac-6180-42a0-ab88-20f7382dd24c": ("Contributor", (PULL, PUSH, READ_LOGS)),
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": ("Reader", (PULL, READ_LOGS)),
    "7f951dda-4ed3-4680-a7ca-43fe172d538d": ("AcrPull", (PULL,)),
    "8311e382-0749-4cb8-b61a-304f252e45ec": ("AcrPush", (PULL, PUSH)),
    "00482a5a-887f-4fb3-b363-3b7fe8e74483": ("Key Vault Administrator", (SECRETS,)),
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": ("Key Vault Secrets Officer", (SECRETS,)),
    "4633458b-17de-408a-b874-0445c86b69e6": ("Key Vault Secrets User", (GET_SECRET, READ_SECRETS)),
    "21090545-7ca7-4776-b22c-e363652d74d2": ("Key Vault Reader", (READ_SECRETS,)),
    "73c42c96-874c-492b-b04d-ab87d138a893": ("Log Analytics Reader", (READ_LOGS,)),
}
OWNER = next(iter(ROLES))


class Roles:
    def __init__(self, config: Config, store: Store) -> None:
        self._store = store
        self._subscription = f"/subscriptions/{config.subscription_id}"
        self.deployer = Caller(
            str(uuid.uuid5(uuid.NAMESPACE_URL, f"principal {config.client_id}")), config.client_id
        )

    def allow(self, caller: Caller, action: str, scope: str) -> bool:
        """Whether a role assignment that has taken effect lets the caller do this to the resource."""
        if caller == self.deployer and action.startswith(ROLES[OWNER][1]):
            return True
        wanted = ids.key(scope)
        return any(
            record.properties["principalId"].casefold() == caller.principal.casefold()
            and action.startswith(_actions(record))
            and (wanted + "/").startswith(ids.key(record.hidden["scope"]) + "/")
            and record.hidden["effective"] <= time.monotonic()
            for record in self._store.of_kind(ASSIGNMENT)
        )


def _actions(assignment: Record) -> tuple[str, ...]:
    role = assignment.properties["roleDefinitionId"].rpartition("/")[2].casefold()
    return ROLES[role][1] if role in ROLES else ()
