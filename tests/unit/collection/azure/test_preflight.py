"""What the preflight asks Azure before the first change."""

from __future__ import annotations

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.core.errors import CloudError
from ansible_collections.ai_api.cloud.plugins.module_utils.preflight.identity import caller
from ansible_collections.ai_api.cloud.plugins.module_utils.preflight.target import (
    malformed_region,
    unknown_region,
)

from tests.unit.collection.azure.conftest import Azure


def test_who_deploys_is_said_with_the_object_id_for_role_assignments(azure: Azure) -> None:
    said = caller(azure.connection)
    assert azure.config.subscription_id in said and azure.session.caller().object_id in said


def test_a_subscription_that_is_not_seen(azure: Azure) -> None:
    other = {**azure.connection, "subscription_id": "00000000-0000-0000-0000-000000000000"}
    with pytest.raises(CloudError, match="Cannot read subscription 0000") as failure:
        caller(other)
    assert failure.value.code == "SubscriptionNotFound"
    assert "subscription_id" in str(failure.value.next_step)


@pytest.mark.parametrize("region", ["West Europe", "west-europe", "WESTEUROPE"])
def test_a_region_in_another_spelling_is_named(region: str) -> None:
    (found,) = malformed_region("azure", region)
    assert "Did you mean westeurope?" in str(found)


def test_a_region_that_azure_does_not_have(azure: Azure) -> None:
    assert list(unknown_region(azure.connection)) == []
    (found,) = unknown_region({**azure.connection, "region": "westeurop"})
    assert "Did you mean westeurope?" in str(found)
