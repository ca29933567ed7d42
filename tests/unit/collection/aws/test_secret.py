"""A secret's value: put only where it differs, never shown."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.aws.secret import SecretStore
from ansible_collections.ai_api.cloud.plugins.module_utils.core.errors import CloudError
from ansible_collections.ai_api.cloud.plugins.module_utils.core.secrets import put_value

from tests.unit.collection.conftest import Cloud

VALUE = secrets.token_urlsafe()


def put(cloud: Cloud, value: str = VALUE, reference: str = "key", *, check: bool = False) -> dict[str, Any]:
    cloud.front.calls.clear()
    result = put_value(SecretStore(cloud.client("secretsmanager")), reference, value, check=check)
    assert VALUE not in str(result)
    return result


def stored(cloud: Cloud) -> dict[str, Any]:
    return dict(cloud.client("secretsmanager").get_secret_value(SecretId="key"))


@pytest.fixture
def manager(cloud: Cloud) -> Any:
    """Secrets Manager with a secret that was made and has no value yet, as CloudFormation leaves it."""
    manager = cloud.client("secretsmanager")
    manager.create_secret(Name="key")
    return manager


def test_the_first_value_is_put_and_the_same_again_is_one_read(cloud: Cloud, manager: Any) -> None:
    first = put(cloud)
    assert first["changed"] and stored(cloud)["SecretString"] == VALUE
    assert first["version"] == stored(cloud)["VersionId"]
    assert first["reference"] == first["latest"] == stored(cloud)["ARN"]
    assert first["value_from"] == f"{first['reference']}:::{first['version']}"

    again = put(cloud)
    assert not again["changed"]
    assert again["version"] == first["version"] and again["reference"] == first["reference"]
    assert cloud.front.calls == ["GetSecretValue"]
    assert not put(cloud, reference=first["reference"])["changed"], "an ARN does as well"


def test_another_value_is_another_version_and_the_diff_hides_both(cloud: Cloud, manager: Any) -> None:
    before = put(cloud)
    other = secrets.token_urlsafe()
    check = put(cloud, other, check=True)
    assert check["changed"] and "known after deployment" in check["version"]
    assert stored(cloud)["SecretString"] == VALUE and cloud.front.changes == []

    after = put(cloud, other)
    assert after["changed"] and after["version"] != before["version"]
    assert other not in str(after)
    assert after["diff"]["before"] != after["diff"]["after"]


def test_check_mode_before_the_secret_exists(cloud: Cloud) -> None:
    check = put(cloud, check=True)
    assert check["changed"] and check["reference"] == "key"
    assert "known after deployment" in check["version"] and cloud.front.changes == []


def test_a_secret_that_does_not_exist_is_an_error_with_the_next_step(cloud: Cloud) -> None:
    with pytest.raises(CloudError, match=r"Secret key does not exist.*whole deployment"):
        put(cloud)


@pytest.mark.parametrize("value", [VALUE, "another"], ids=["the same", "another"])
def test_a_secret_scheduled_for_deletion_is_restored(cloud: Cloud, manager: Any, value: str) -> None:
    put(cloud)
    manager.delete_secret(SecretId="key")
    assert put(cloud, value, check=True)["changed"]
    assert cloud.front.changes == []
    assert put(cloud, value)["changed"]
    assert stored(cloud)["SecretString"] == value
    assert not put(cloud, value)["changed"]


def test_an_empty_value_is_refused_before_anything_is_asked(cloud: Cloud) -> None:
    with pytest.raises(CloudError, match="value for secret key is empty"):
        put(cloud, "")
    assert cloud.front.calls == []


def test_a_refusal_does_not_show_the_value(cloud: Cloud, manager: Any) -> None:
    cloud.front.fail("PutSecretValue", (400, "AccessDeniedException"))
    with pytest.raises(CloudError, match="Cannot put the value of secret key") as failure:
        put(cloud)
    assert VALUE not in str(failure.value.as_result())
