"""A deployment from an empty account to an empty account."""

from __future__ import annotations

import httpx

from tests.support.playbook import Target

# What a change set needs to exist for check mode to read it; it is deleted at once and changes no resource.
CHANGE_SET = {"cloudformation:CreateChangeSet", "cloudformation:DeleteChangeSet"}


def stacks(target: Target) -> dict[str, str]:
    found = target.rehearsal.aws("cloudformation").describe_stacks()["Stacks"]
    return {stack["StackName"]: stack["StackStatus"] for stack in found}


def test_check_mode_on_an_empty_account_is_truthful_and_changes_nothing(target: Target) -> None:
    foretold = target.deploy("--check", "--diff").succeeded()
    assert set(target.rehearsal.mutating_calls()) <= CHANGE_SET
    assert stacks(target) == {}

    done = target.deploy().succeeded()
    assert foretold.changed == done.changed
    assert all(status == "CREATE_COMPLETE" for status in stacks(target).values())
    assert len(stacks(target)) == 5


def test_the_service_answers(target: Target) -> None:
    answer = httpx.post(f"{target.url}/generate", json={"prompt": "Say something."}, timeout=30)
    assert answer.status_code == 200
    assert answer.json()["content"]


def test_it_can_be_verified_later(target: Target) -> None:
    verdict = target.play("verify.yml").succeeded().results["Verify the service"]
    assert verdict["verdict"] == "passed"
    assert verdict["counts"]["skipped"] == 0


def test_a_second_deployment_changes_nothing(target: Target) -> None:
    target.rehearsal.forget_calls()
    run = target.deploy().succeeded()
    assert run.changed == []
    assert target.rehearsal.mutating_calls() == []


def test_check_mode_after_a_deployment_changes_nothing(target: Target) -> None:
    target.rehearsal.forget_calls()
    run = target.deploy("--check", "--diff").succeeded()
    assert run.changed == []
    assert target.rehearsal.mutating_calls() == []


def test_cleanup_asks_for_the_name(target: Target) -> None:
    run = target.play("cleanup.yml", confirm="another-name")
    assert run.returncode != 0
    assert target.name in " ".join(run.failures.values())
    assert len(stacks(target)) == 5


def test_cleanup_removes_everything_of_ours_and_nothing_else(target: Target) -> None:
    secrets = target.rehearsal.aws("secretsmanager")
    secrets.create_secret(Name="somebody-elses", SecretString="left alone")
    logs = target.rehearsal.aws("logs")
    logs.create_log_group(logGroupName="/somebody/elses")

    target.cleanup().succeeded()

    assert stacks(target) == {}
    assert [secret["Name"] for secret in secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"]] == [
        "somebody-elses"
    ]
    assert [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]] == ["/somebody/elses"]
    assert target.rehearsal.aws("ecr").describe_repositories()["repositories"] == []


def test_a_second_cleanup_changes_nothing(target: Target) -> None:
    assert target.cleanup().succeeded().changed == []


def test_the_same_names_can_be_deployed_again(target: Target) -> None:
    target.deploy().succeeded()
    target.cleanup().succeeded()
