"""One changed input makes just the change that depends on it, and no request fails meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.load import steady_load
from tests.support.playbook import Target

PLATFORM, SERVICE, AUTOSCALING = (
    "Apply the platform stack",
    "Apply the service stack and wait for the roll-out",
    "Apply the autoscaling stack",
)


@pytest.fixture(scope="module")
def deployed(target: Target) -> Target:
    target.settings["service_rate_limit_per_minute"] = 100_000  # out of the way of steady load
    target.deploy("--skip-tags", "verify").succeeded()
    return target


def rollouts(deployed: Target) -> int:
    """Task definitions ever registered: one a roll-out."""
    listed = deployed.rehearsal.aws("ecs").list_task_definitions(familyPrefix=deployed.name, status="ACTIVE")
    inactive = deployed.rehearsal.aws("ecs").list_task_definitions(
        familyPrefix=deployed.name, status="INACTIVE"
    )
    return len(listed["taskDefinitionArns"]) + len(inactive["taskDefinitionArns"])


@pytest.mark.parametrize(
    ("variables", "expected", "rolled_out"),
    [
        pytest.param({"service_openai_model": "gpt-4o"}, [SERVICE], 1, id="environment"),
        pytest.param({"service_cpu": 256}, [SERVICE], 1, id="cpu"),
        pytest.param({"service_memory": 2048}, [SERVICE], 1, id="memory"),
        pytest.param(
            {"platform_task_role_arn": "arn:aws:iam::000000000000:role/given"},
            [PLATFORM, SERVICE],
            1,
            id="role",
        ),
        pytest.param({"platform_log_retention_days": 7}, [PLATFORM], 0, id="log-retention"),
        pytest.param({"autoscaling_max": 5}, [AUTOSCALING], 0, id="scale-limits"),
    ],
)
def test_one_change(
    deployed: Target, variables: dict[str, Any], expected: list[str], rolled_out: int
) -> None:
    before = rollouts(deployed)
    foretold = deployed.deploy("--check", "--diff", "--skip-tags", "verify", **variables).succeeded()
    assert foretold.changed == expected

    with steady_load(deployed.url) as load:
        run = deployed.deploy("--skip-tags", "verify", **variables).succeeded()

    assert run.changed == expected
    assert rollouts(deployed) - before == rolled_out
    assert load.failed == {}, load.details[:3]
    assert load.answers["200"] > 20
    deployed.settings |= variables


def test_an_image_that_never_becomes_healthy_is_rolled_back_while_the_old_one_serves(
    deployed: Target,
) -> None:
    with steady_load(deployed.url) as load:
        run = deployed.deploy(
            "--skip-tags", "verify", service_openai_base_url="not-a-url"
        )  # refused at the start

    assert run.returncode != 0
    assert list(run.failures) == [SERVICE]
    assert "Circuit Breaker was triggered" in run.failures[SERVICE]
    assert load.failed == {}, load.details[:3]

    deployed.deploy("--skip-tags", "verify").succeeded()
    assert deployed.deploy("--skip-tags", "verify").succeeded().changed == []
