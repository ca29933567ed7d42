"""Bad days of the cloud, through the playbooks: what passes is waited out, what does not is explained."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.playbook import Target

PREFLIGHT = "Examine variables, machine and credentials before the first change"


@pytest.fixture(scope="module")
def deployed(target: Target) -> Target:
    target.deploy("--skip-tags", "verify").succeeded()
    return target


@pytest.fixture(autouse=True)
def no_faults_afterwards(deployed: Target) -> Iterator[None]:
    yield
    deployed.rehearsal.command("fault", "clear")


def arm(deployed: Target, kind: str, *options: str) -> None:
    deployed.rehearsal.command("fault", "set", deployed.cloud.name, "--kind", kind, *options)


@pytest.mark.parametrize("kind", ["throttle", "error"])
def test_a_cloud_that_refuses_for_a_while_is_waited_out(deployed: Target, kind: str) -> None:
    arm(deployed, kind, "--count", "3")
    assert deployed.deploy("--skip-tags", "verify").succeeded().changed == []


def test_expired_credentials_are_said_before_anything_changes(deployed: Target) -> None:
    arm(deployed, "expired-token")
    deployed.forget_calls()
    run = deployed.deploy("--skip-tags", "verify", service_log_level="DEBUG")
    assert list(run.failures) == [PREFLIGHT]
    assert "expired" in run.failures[PREFLIGHT]
    assert "log in again" in run.failures[PREFLIGHT]
    assert deployed.mutating_calls() == []


def test_a_failed_operation_is_explained_and_the_next_run_converges(deployed: Target) -> None:
    words, operation = deployed.cloud.words, deployed.cloud.failing_operation
    arm(
        deployed,
        "fail-operation",
        "--count",
        "1",
        "--action",
        operation.action,
        "--resource",
        operation.resource,
    )
    run = deployed.deploy("--skip-tags", "verify", service_log_level="DEBUG")
    assert list(run.failures) == [words.service]
    assert words.refused in run.failures[words.service]

    again = deployed.deploy("--skip-tags", "verify", service_log_level="DEBUG").succeeded()
    assert again.changed == [words.service]
    assert deployed.deploy("--skip-tags", "verify", service_log_level="DEBUG").succeeded().changed == []
