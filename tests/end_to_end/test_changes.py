"""One changed input makes just the change that depends on it, and no request fails meanwhile."""

from __future__ import annotations

import pytest

from tests.support.load import steady_load
from tests.support.playbook import Target


@pytest.fixture(scope="module")
def deployed(target: Target) -> Target:
    target.settings["service_rate_limit_per_minute"] = 100_000  # out of the way of steady load
    target.deploy("--skip-tags", "verify").succeeded()
    return target


def test_check_mode_foretells_the_tasks_that_change(deployed: Target) -> None:
    changes = deployed.cloud.changes
    variables = {name: value for change in changes for name, value in change.variables.items()}
    foretold = deployed.deploy("--check", "--diff", "--skip-tags", "verify", **variables).succeeded()
    assert set(foretold.changed) == {task for change in changes for task in change.tasks}


def test_one_change_at_a_time(deployed: Target, subtests: pytest.Subtests) -> None:
    for change in deployed.cloud.changes:
        with subtests.test(change.name):
            before = deployed.cloud.versions(deployed.name)
            with steady_load(deployed) as load:
                run = deployed.deploy("--skip-tags", "verify", **change.variables).succeeded()

            assert run.changed == change.tasks
            assert deployed.cloud.versions(deployed.name) - before == change.versions
            assert load.failed == {}, load.details[:3]
            assert load.answers["200"] > 20
            deployed.settings |= change.variables


def test_an_image_that_never_becomes_healthy_is_rolled_back_while_the_old_one_serves(
    deployed: Target,
) -> None:
    with steady_load(deployed) as load:
        run = deployed.deploy(
            "--skip-tags", "verify", service_openai_base_url="not-a-url"
        )  # refused at the start

    assert run.returncode != 0
    assert list(run.failures) == [deployed.cloud.words.service]
    assert deployed.cloud.words.unhealthy in run.failures[deployed.cloud.words.service]
    assert load.failed == {}, load.details[:3]

    deployed.deploy("--skip-tags", "verify").succeeded()
    assert deployed.deploy("--skip-tags", "verify").succeeded().changed == []
