"""A deployment from an empty account to an empty account."""

from __future__ import annotations

from tests.support.playbook import Target


def test_check_mode_on_an_empty_account_is_truthful_and_changes_nothing(target: Target) -> None:
    target.forget_calls()
    foretold = target.deploy("--check", "--diff").succeeded()
    assert set(target.mutating_calls()) <= target.cloud.check_mode_calls
    assert target.cloud.everything() == set()

    done = target.deploy().succeeded()
    assert foretold.changed == done.changed
    assert target.cloud.everything()


def test_the_service_answers(target: Target) -> None:
    answer = target.post("/generate", {"prompt": "Say something."})
    assert answer.status_code == 200
    assert answer.json()["content"]


def test_it_can_be_verified_later(target: Target) -> None:
    verdict = target.play("verify.yml").succeeded().results["Verify the service"]
    assert verdict["verdict"] == "passed"
    assert verdict["counts"]["skipped"] == 0


def test_a_second_deployment_changes_nothing(target: Target) -> None:
    target.forget_calls()
    run = target.deploy("--skip-tags", "verify").succeeded()
    assert run.changed == []
    assert target.mutating_calls() == []


def test_check_mode_after_a_deployment_changes_nothing(target: Target) -> None:
    target.forget_calls()
    run = target.deploy("--check", "--diff").succeeded()
    assert run.changed == []
    assert target.mutating_calls() == []


def test_cleanup_asks_for_the_name(target: Target) -> None:
    before = target.cloud.everything()
    run = target.play("cleanup.yml", confirm="another-name")
    assert run.returncode != 0
    assert target.name in " ".join(run.failures.values())
    assert target.cloud.everything() == before


def test_cleanup_removes_everything_of_ours_and_nothing_else(target: Target) -> None:
    foreign = target.cloud.plant()
    target.cleanup().succeeded()
    assert target.cloud.everything() == foreign


def test_a_second_cleanup_changes_nothing(target: Target) -> None:
    assert target.cleanup().succeeded().changed == []


def test_the_same_names_can_be_deployed_again_also_in_a_rehearsal_that_was_down(target: Target) -> None:
    target.rehearsal.command("down")
    target.rehearsal.command("up")
    again = Target(target.rehearsal, target.name, target.cloud.name)
    again.deploy("--skip-tags", "verify").succeeded()
    assert again.post("/generate", {"prompt": "Say something."}).status_code == 200
    again.cleanup().succeeded()
    assert again.cloud.everything() == set()
