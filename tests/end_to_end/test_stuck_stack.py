"""AWS alone: a stack that got stuck in its roll-back is brought back."""

from __future__ import annotations

import pytest

from tests.support.clouds.aws import SERVICE
from tests.support.playbook import Target


@pytest.mark.parametrize("target", ["aws"], indirect=True)
def test_a_stack_stuck_in_its_roll_back_is_brought_back(target: Target) -> None:
    target.deploy("--skip-tags", "verify").succeeded()
    for action in ("UpdateStack", "RollbackStack"):
        target.rehearsal.command(
            *("fault", "set", "aws", "--kind", "fail-operation", "--count", "1"),
            *("--action", action, "--resource", "AWS::ECS::Service"),
        )
    run = target.deploy("--skip-tags", "verify", service_openai_model="gpt-4o")
    assert list(run.failures) == [SERVICE]
    stacks = target.rehearsal.aws("cloudformation").describe_stacks(StackName=f"{target.name}-service")
    assert stacks["Stacks"][0]["StackStatus"] == "UPDATE_ROLLBACK_FAILED"

    target.deploy("--skip-tags", "verify", service_openai_model="gpt-4o").succeeded()
    assert target.deploy("--skip-tags", "verify", service_openai_model="gpt-4o").succeeded().changed == []
