"""A role assignment's name follows from what it says."""

from __future__ import annotations

import uuid

from ansible_collections.ai_api.cloud.plugins.module_utils.azure.role_assignment import id_of

SCOPE = "/subscriptions/S/resourceGroups/ai/providers/Microsoft.ContainerRegistry/registries/ai"
PRINCIPAL, ROLE = "11111111-aaaa-1111-1111-111111111111", "7f951dda-4ed3-4680-a7ca-43fe172d538d"


def name(scope: str, principal: str, role: str) -> uuid.UUID:
    return uuid.UUID(id_of(scope, principal, role).rpartition("/")[2])


def test_the_spelling_does_not_make_another_assignment() -> None:
    assert name(SCOPE, PRINCIPAL, ROLE) == name(SCOPE.upper(), PRINCIPAL.upper(), ROLE.upper())


def test_another_scope_principal_or_role_does() -> None:
    others = [name(SCOPE + "x", PRINCIPAL, ROLE), name(SCOPE, ROLE, ROLE), name(SCOPE, PRINCIPAL, PRINCIPAL)]
    assert len({name(SCOPE, PRINCIPAL, ROLE), *others}) == 4


def test_it_is_an_id_below_its_scope() -> None:
    assert id_of(SCOPE, PRINCIPAL, ROLE).startswith(
        f"{SCOPE}/providers/Microsoft.Authorization/roleAssignments/"
    )
