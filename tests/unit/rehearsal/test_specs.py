"""From a task definition to a container, as values."""

from __future__ import annotations

import pytest

from rehearsal.aws.config import Config
from rehearsal.aws.ecs.specs import SecretError, environment, platform_environment, spec
from rehearsal.aws.ecs.types import camel

ARN = "arn:aws:secretsmanager:us-east-1:000000000000:secret:key-AbCdEf"
CONFIG = Config("i", "/state", ["127.0.0.1"], "172.17.0.1", 14560, [14570], {"U": "u", "T": "t"}, "p", 5.0)
VALUES = {
    (ARN, "AWSCURRENT", None): '{"a": "1"}',
    (ARN, "AWSPREVIOUS", None): "old",
    (ARN, "AWSCURRENT", "v"): "v1",
}


def lookup(arn: str, stage: str, version: str | None) -> str | None:
    return VALUES.get((arn, stage, version))


@pytest.mark.parametrize(
    ("reference", "expected"),
    [(ARN, '{"a": "1"}'), (f"{ARN}:a::", "1"), (f"{ARN}::AWSPREVIOUS:", "old"), (f"{ARN}:::v", "v1")],
)
def test_a_secret_is_read_as_its_reference_says(reference: str, expected: str) -> None:
    container = {"secrets": [{"name": "KEY", "valueFrom": reference}]}
    assert environment(container, {}, lookup) == {"KEY": expected}


@pytest.mark.parametrize("reference", [f"{ARN}:b::", f"{ARN[:-1]}", f"{ARN}::AWSPENDING:"])
def test_a_secret_that_cannot_be_read_names_it_and_not_its_value(reference: str) -> None:
    with pytest.raises(SecretError) as caught:
        environment({"secrets": [{"name": "KEY", "valueFrom": reference}]}, {}, lookup)
    assert reference in str(caught.value)
    assert "KEY" in str(caught.value)
    assert '"1"' not in str(caught.value)


def test_overrides_win() -> None:
    container = {"environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}]}
    assert environment(container, {"environment": [{"name": "A", "value": "2"}]}, lookup) == {
        "A": "2",
        "B": "1",
    }


def test_only_a_task_with_a_role_has_credentials() -> None:
    with_role = platform_environment(CONFIG, "us-east-1", with_role=True)
    assert (with_role["AWS_ACCESS_KEY_ID"], with_role["AWS_SECRET_ACCESS_KEY"]) == ("T", "t")
    assert "AWS_ACCESS_KEY_ID" not in platform_environment(CONFIG, "us-east-1", with_role=False)


def test_the_tasks_limits_hold_and_the_images_own_health_check_does_not() -> None:
    definition = {"family": "api", "cpu": "512", "memory": "1024"}
    made = spec(
        definition,
        {"name": "web", "readonlyRootFilesystem": True},
        task_id="0123456789",
        image="i",
        environ={},
        labels={},
        join=None,
    )
    assert (made.name, made.cpus, made.memory) == ("api-01234567-web", 0.5, 1024**3)
    assert made.read_only
    assert made.options["healthcheck"] == {"test": ["NONE"]}


def test_cloudformation_spelling_is_turned_all_the_way_down_but_for_the_users_own_keys() -> None:
    given = [
        {
            "Name": "api",
            "Secrets": [{"Name": "K", "ValueFrom": ARN}],
            "HealthCheck": {"Command": ["CMD", "true"]},
            "LogConfiguration": {"LogDriver": "awslogs", "Options": {"awslogs-group": "/g", "Mode": "x"}},
            "DockerLabels": {"Own": "1"},
        }
    ]
    assert camel(given) == [
        {
            "name": "api",
            "secrets": [{"name": "K", "valueFrom": ARN}],
            "healthCheck": {"command": ["CMD", "true"]},
            "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/g", "Mode": "x"}},
            "dockerLabels": {"Own": "1"},
        }
    ]
