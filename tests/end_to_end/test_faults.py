"""Bad days of the cloud, through the playbooks: what passes is waited out, what does not is explained."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.playbook import Target

PREFLIGHT, SERVICE = (
    "Examine variables, machine and credentials before the first change",
    "Apply the service stack and wait for the roll-out",
)


@pytest.fixture(scope="module")
def deployed(target: Target) -> Target:
    target.deploy("--skip-tags", "verify").succeeded()
    return target


@pytest.fixture(autouse=True)
def no_faults_afterwards(deployed: Target) -> Iterator[None]:
    yield
    deployed.rehearsal.command("fault", "clear")


@pytest.mark.parametrize("kind", ["throttle", "error"])
def test_a_cloud_that_refuses_for_a_while_is_waited_out(deployed: Target, kind: str) -> None:
    deployed.rehearsal.command("fault", "set", "aws", "--kind", kind, "--count", "3")
    assert deployed.deploy("--skip-tags", "verify").succeeded().changed == []


def test_expired_credentials_are_said_before_anything_changes(deployed: Target) -> None:
    deployed.rehearsal.command("fault", "set", "aws", "--kind", "expired-token")
    deployed.rehearsal.forget_calls()
    run = deployed.deploy("--skip-tags", "verify", service_log_level="DEBUG")
    assert list(run.failures) == [PREFLIGHT]
    assert "expired" in run.failures[PREFLIGHT]
    assert "log in again" in run.failures[PREFLIGHT]
    assert deployed.rehearsal.mutating_calls() == []


def test_a_failed_operation_is_explained_and_the_next_run_converges(deployed: Target) -> None:
    deployed.rehearsal.command(
        *("fault", "set", "aws", "--kind", "fail-operation", "--count", "1"),
        *("--action", "UpdateStack", "--resource", "AWS::ECS::Service"),
    )
    run = deployed.deploy("--skip-tags", "verify", service_log_level="DEBUG")
    assert list(run.failures) == [SERVICE]
    assert "Service (AWS::ECS::Service) UPDATE_FAILED" in run.failures[SERVICE]
    assert "request id" in run.failures[SERVICE]

    assert deployed.deploy("--skip-tags", "verify", service_log_level="DEBUG").succeeded().changed == [
        SERVICE
    ]


def test_a_stack_stuck_in_its_roll_back_is_brought_back(deployed: Target) -> None:
    for action in ("UpdateStack", "RollbackStack"):
        deployed.rehearsal.command(
            *("fault", "set", "aws", "--kind", "fail-operation", "--count", "1"),
            *("--action", action, "--resource", "AWS::ECS::Service"),
        )
    run = deployed.deploy("--skip-tags", "verify", service_openai_model="gpt-4o")
    assert list(run.failures) == [SERVICE]
    stacks = deployed.rehearsal.aws("cloudformation").describe_stacks(StackName=f"{deployed.name}-service")
    assert stacks["Stacks"][0]["StackStatus"] == "UPDATE_ROLLBACK_FAILED"

    deployed.deploy("--skip-tags", "verify", service_openai_model="gpt-4o").succeeded()
    assert deployed.deploy("--skip-tags", "verify", service_openai_model="gpt-4o").succeeded().changed == []
