"""Clients: retries that are bounded, and errors that say what to do."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.aws.errors import explained
from ansible_collections.ai_api.cloud.plugins.module_utils.aws.session import client
from ansible_collections.ai_api.cloud.plugins.module_utils.core.errors import CloudError
from botocore.exceptions import EndpointConnectionError

from tests.support.ports import free_ports
from tests.unit.collection.conftest import Cloud

Connection = dict[str, Any]


def describe(connection: Connection) -> None:
    with explained("read", "stack ai-api"):
        stacks: Any = client("cloudformation", connection)
        stacks.describe_stacks()


@pytest.mark.parametrize(
    "fault", [(400, "Throttling"), (500, "InternalFailure"), (503, "ServiceUnavailable")]
)
def test_passing_faults_are_ridden_out(cloud: Cloud, fault: tuple[int, str]) -> None:
    cloud.front.fail("DescribeStacks", fault, fault)
    describe(cloud.connection)
    assert cloud.front.calls == ["DescribeStacks"] * 3


def test_retries_end_with_what_to_do(cloud: Cloud) -> None:
    cloud.front.fail("DescribeStacks", *[(400, "Throttling")] * 3)
    with pytest.raises(CloudError, match=r"Cannot read stack ai-api.*Throttling.*re-run"):
        describe(cloud.connection | {"max_attempts": 2})
    assert cloud.front.calls == ["DescribeStacks"] * 2


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("ExpiredToken", "expired: log in again"),
        ("InvalidClientTokenId", "does not know these credentials"),
        ("UnrecognizedClientException", "does not know these credentials"),
        ("SignatureDoesNotMatch", "does not know these credentials"),
        ("AccessDenied", "Allow the action"),
    ],
)
def test_refusals_are_not_retried_and_carry_the_next_step(cloud: Cloud, code: str, said: str) -> None:
    cloud.front.fail("DescribeStacks", (403, code))
    with pytest.raises(CloudError, match=said) as failure:
        describe(cloud.connection)
    assert failure.value.code == code
    assert cloud.front.calls == ["DescribeStacks"]


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> Connection:
    """A connection to a port that nobody listens on, and a machine without any AWS settings."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    (port,) = free_ports(1)
    keys = {"access_key_id": "a", "secret_access_key": "b"}
    return {"region": "eu-west-1", "endpoint_url": f"http://127.0.0.1:{port}", **keys}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, r"nothing answers at http://127.0.0.1:\d+/.*rehearsal up"),
        ({"region": "eu west"}, r"'eu west' is not the name of an AWS region.*such as us-east-1"),
        ({"profile": "none-such"}, r"none-such.*list-profiles"),
        ({"secret_access_key": None}, r"Partial credentials.*Set access_key_id"),
    ],
)
def test_what_cannot_work_is_told_before_anything_is_sent(
    nowhere: Connection, options: Connection, said: str
) -> None:
    with pytest.raises(CloudError, match=said):
        describe(nowhere | options)


def test_a_region_that_does_not_exist_is_told_from_a_broken_network() -> None:
    url = "https://cloudformation.{}.amazonaws.com/"
    for region, said in (("us-east-9", "no region us-east-9.*us-east-1"), ("us-east-1", "network, proxy")):
        with pytest.raises(CloudError, match=said), explained("read", "stack ai-api"):
            raise EndpointConnectionError(endpoint_url=url.format(region))


def test_a_client_is_made_once_a_process(nowhere: Connection) -> None:
    assert client("ecs", nowhere) is client("ecs", dict(nowhere))
    assert client("ecs", nowhere) is not client("ecs", nowhere | {"region": "eu-west-2"})
