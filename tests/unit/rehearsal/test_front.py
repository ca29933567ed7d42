"""The front before the cloud API: who may ask, what was asked, and what goes wrong on demand."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.rehearsal.harness import Harness

LOG_GROUP = json.dumps({"Resources": {"Logs": {"Type": "AWS::Logs::LogGroup"}}})


def code_of(call: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call()
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize(
    ("service", "operation", "unknown", "wrong"),
    [
        ("sts", "get_caller_identity", "InvalidClientTokenId", "SignatureDoesNotMatch"),
        ("cloudformation", "list_stacks", "InvalidClientTokenId", "SignatureDoesNotMatch"),
        ("ecs", "list_clusters", "UnrecognizedClientException", "InvalidSignatureException"),
        ("ec2", "describe_vpcs", "AuthFailure", "SignatureDoesNotMatch"),
        ("route53", "list_hosted_zones", "InvalidClientTokenId", "SignatureDoesNotMatch"),
    ],
)
def test_credentials_are_checked_in_the_vendors_words(
    rehearsal: Harness, service: str, operation: str, unknown: str, wrong: str
) -> None:
    stranger = rehearsal.client(service, "AKIAUNKNOWN", "secret")
    assert code_of(getattr(stranger, operation))[0] == unknown
    key = rehearsal.endpoints["aws"]["access_key_id"]
    impostor = rehearsal.client(service, key, "wrong")
    assert code_of(getattr(impostor, operation))[0] == wrong
    assert getattr(rehearsal.client(service), operation)()


def test_an_unsigned_call_is_refused(rehearsal: Harness) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{rehearsal.endpoints['aws']['endpoint_url']}/?Action=ListStacks")
    assert caught.value.code == 403
    assert b"MissingAuthenticationToken" in caught.value.read()


def test_calls_are_counted_by_name_and_by_whether_they_change_anything(aws: Harness) -> None:
    aws.forget_calls()
    ecs = aws.client("ecs")
    ecs.list_clusters()
    ecs.list_clusters()
    aws.client("cloudformation").create_stack(StackName="one", TemplateBody=LOG_GROUP)
    assert aws.calls() == [
        {"service": "cloudformation", "action": "CreateStack", "mutating": True, "count": 1},
        {"service": "ecs", "action": "ListClusters", "mutating": False, "count": 2},
    ]


def test_throttling_hits_as_many_calls_as_asked_and_retries_get_through(aws: Harness) -> None:
    aws.command(
        *("fault", "set", "aws", "--service", "ecs", "--action", "List*", "--kind", "throttle"),
        *("--count", "2"),
    )
    ecs = aws.client("ecs")
    assert code_of(ecs.list_clusters)[0] == "ThrottlingException"
    assert ecs.describe_clusters()["clusters"] == []
    assert aws.client("ecs", retries=3).list_clusters()["clusterArns"] == []
    assert json.loads(aws.command("fault", "list").stdout)["aws"] == []


@pytest.mark.parametrize(
    ("kind", "service", "operation", "expected"),
    [
        ("throttle", "cloudformation", "list_stacks", ("Throttling", 400)),
        ("throttle", "ec2", "describe_vpcs", ("RequestLimitExceeded", 503)),
        ("error", "ecs", "list_clusters", ("InternalServerError", 500)),
        ("error", "cloudformation", "list_stacks", ("InternalFailure", 500)),
        ("expired-token", "ecs", "list_clusters", ("ExpiredTokenException", 400)),
        ("expired-token", "sts", "get_caller_identity", ("ExpiredToken", 403)),
    ],
)
def test_faults_speak_as_the_vendor_does(
    aws: Harness, kind: str, service: str, operation: str, expected: tuple[str, int]
) -> None:
    aws.admin("POST", "faults", {"kind": kind, "service": service})
    client = aws.client(service)
    assert code_of(getattr(client, operation)) == expected
    aws.command("fault", "clear")
    assert getattr(client, operation)()


def test_a_slow_call_is_held_and_then_answered(aws: Harness) -> None:
    aws.admin("POST", "faults", {"kind": "slow", "service": "ecs", "seconds": 0.5, "count": 1})
    began = time.monotonic()
    assert aws.client("ecs").list_clusters()["clusterArns"] == []
    assert time.monotonic() - began >= 0.5


def test_an_operation_fails_and_rolls_back(aws: Harness) -> None:
    fault = ("fault", "set", "aws", "--kind", "fail-operation", "--count", "1")
    aws.command(*fault, "--action", "CreateStack", "--resource", "AWS::Logs::LogGroup")
    assert aws.deploy("unlucky", LOG_GROUP) == "ROLLBACK_COMPLETE"
    events = aws.client("cloudformation").describe_stack_events(StackName="unlucky")["StackEvents"]
    [failed] = [event for event in events if event["ResourceStatus"] == "CREATE_FAILED"]
    assert failed["LogicalResourceId"] == "Logs"
    assert "Rehearsed failure" in failed["ResourceStatusReason"]


def test_an_operation_gets_stuck_half_way_back(aws: Harness) -> None:
    def two_groups(days: int) -> str:
        first = {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": days}}
        return json.dumps({"Resources": {"First": first, "Second": {**first, "DependsOn": "First"}}})

    assert aws.deploy("stuck", two_groups(1)) == "CREATE_COMPLETE"
    for action, resource in (("UpdateStack", "Second"), ("RollbackStack", "First")):
        fault = {"kind": "fail-operation", "action": action, "resource": resource, "count": 1}
        aws.admin("POST", "faults", fault)
    assert aws.deploy("stuck", two_groups(3)) == "UPDATE_ROLLBACK_FAILED"
    aws.client("cloudformation").continue_update_rollback(StackName="stuck")
    assert aws.settled("stuck") == "UPDATE_ROLLBACK_COMPLETE"
    groups = aws.client("logs").describe_log_groups()["logGroups"]
    assert [group["retentionInDays"] for group in groups] == [1, 1]


def test_a_fault_that_makes_no_sense_is_refused(aws: Harness) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        aws.admin("POST", "faults", {"kind": "weather"})
    assert b"expected one of throttle" in caught.value.read()
    assert "--kind is missing" in aws.refused("fault", "set", "aws")


def test_the_provider_takes_faults_by_the_same_command(aws: Harness) -> None:
    aws.command("fault", "set", "provider", "--set", '{"status": 503}')
    assert "503" in aws.command("fault", "list").stdout
    assert "not JSON" in aws.refused("fault", "set", "provider", "--set", "{")


def test_reset_returns_an_empty_account(rehearsal: Harness) -> None:
    rehearsal.client("secretsmanager").create_secret(Name="gone", SecretString="x")
    rehearsal.admin("POST", "faults", {"kind": "throttle", "service": "kms"})
    rehearsal.command("reset")
    assert rehearsal.client("secretsmanager").list_secrets()["SecretList"] == []
    assert rehearsal.admin("GET", "faults") == []
