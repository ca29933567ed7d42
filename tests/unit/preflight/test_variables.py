"""Misspelt, missing and malformed variables, against what the repository's own roles declare."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.core.errors import CloudError
from ansible_collections.ai_api.cloud.plugins.module_utils.core.finding import Finding
from ansible_collections.ai_api.cloud.plugins.module_utils.preflight.declared import Declared
from ansible_collections.ai_api.cloud.plugins.module_utils.preflight.variables import (
    UnresolvedError,
    Variables,
    invalid,
    missing,
    unknown,
)

from tests.unit.playing import ROOT

SPEC = ROOT / "inventories" / "argument_specs.yml"
COMPLETE = {
    "deployment_name": "ai-api-prod",
    "deployment_environment": "prod",
    "target_cloud": "aws",
    "target_region": "us-east-1",
    "target_connection": {"cloud": "aws", "region": "us-east-1"},
}


def variables(given: Mapping[str, Any] | None = None, *, without: str = "") -> Variables:
    """A complete inventory with ``given``; a value ``!x`` refers to x, which is not there."""

    def evaluate(expression: Any) -> Any:
        if isinstance(expression, str) and expression.startswith("!"):
            raise UnresolvedError(f"'{expression[1:]}' is undefined")
        return expression

    complete = {name: value for name, value in COMPLETE.items() if name != without}
    return Variables(Declared.read(ROOT / "roles", SPEC), {**complete, **(given or {})}, evaluate)


def problems(found: Variables) -> list[Finding]:
    return [*unknown(found), *missing(found), *invalid(found, unresolved=True)]


def test_a_complete_inventory_has_no_problem() -> None:
    assert problems(variables()) == []


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("service_cup", "service_cpu"),
        ("servce_cpu", "service_cpu"),
        ("targt_cloud", "target_cloud"),
        ("deployment_nmae", "deployment_name"),
        ("autoscalling_max", "autoscaling_max"),
    ],
)
def test_a_misspelt_variable_is_named_with_what_was_meant(name: str, meant: str) -> None:
    [problem] = problems(variables({name: 1}))
    assert str(problem).startswith(f"{name}: expected a declared variable, found an unknown one.")
    assert f"Did you mean {meant}?" in str(problem)


@pytest.mark.parametrize("name", ["service_colour", "registry_whatever", "aws_profile", "deployment_owner"])
def test_an_unknown_variable_with_one_of_our_prefixes_is_refused(name: str) -> None:
    [problem] = problems(variables({name: 1}))
    assert problem.name == name
    assert "Did you mean" not in str(problem)


@pytest.mark.parametrize(
    "name",
    ["my_service", "confirm", "ansible_service_mgr", "service_url", "image_reference"],
)
def test_variables_of_others_and_results_of_roles_are_left_alone(name: str) -> None:
    assert problems(variables({name: 1})) == []


@pytest.mark.parametrize("name", sorted(COMPLETE))
def test_a_missing_variable_is_named_with_an_example(name: str) -> None:
    [problem] = problems(variables(without=name))
    assert str(problem).startswith(f"{name}: expected a value (")
    assert "found none. Set it in the inventory" in str(problem)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("target_cloud", "gpc", "expected one of aws, gcp, azure, found 'gpc'"),
        ("deployment_name", "AI API", "expected a value like ai-api-prod, found 'AI API'"),
        ("deployment_name", "api", "expected a value like ai-api-prod, found 'api'"),  # too short for Azure
        ("deployment_name", "ai-api-", "expected a value like ai-api-prod"),  # no name of a load balancer
        ("deployment_name", "ai--api", "expected a value like ai-api-prod"),  # none of a container app
        ("deployment_name", "a" * 25, "expected a value like ai-api-prod"),
        ("deployment_environment", "prod\n", "expected a value like prod"),
        ("service_memory", "lots", "expected a value of type int, found 'lots'"),
        ("service_log_level", "LOUD", "expected one of DEBUG, INFO"),
        ("service_allowed_origins", {"a": 1}, "expected a list of str, found {'a': 1}"),
        ("platform_log_retention_days", 31, "expected one of 1, 3, 5"),
        (
            "service_log_level",
            "!nothing",
            "expected an expression that has a value, found 'nothing'",
        ),
    ],
)
def test_a_malformed_value_is_named_with_what_was_expected(name: str, value: Any, expected: str) -> None:
    [problem] = problems(variables({name: value}))
    assert f"{name}: {expected}" in str(problem)
    assert "Correct it in the inventory" in str(problem)


@pytest.mark.parametrize("value", [1024, "1024"])
def test_numbers_may_be_written_as_text_as_on_the_command_line(value: Any) -> None:
    assert problems(variables({"service_memory": value, "service_cpu": "512"})) == []


def test_a_value_that_a_role_publishes_later_is_not_missed() -> None:
    assert problems(variables({"image_repository": "!registry_repository"})) == []


def test_without_stand_ins_nothing_is_missed_that_comes_from_them() -> None:
    assert list(invalid(variables({"service_log_level": "!nothing"}), unresolved=False)) == []


def test_a_misspelt_key_of_the_connection_is_named() -> None:
    [problem] = problems(
        variables({"target_connection": {"cloud": "aws", "region": "us-east-1", "acces_key_id": "x"}})
    )
    assert "target_connection.acces_key_id" in str(problem)
    assert "secret_access_key" in str(problem)


def test_values_that_are_secret_are_never_quoted() -> None:
    secret = secrets.token_urlsafe(20)
    connection = {"cloud": "aws", "region": "us-east-1", "secret_access_key": [secret], "typo": secret}
    for given in ({"target_connection": connection}, {"secret_store_openai_api_key": f"!{secret}"}):
        [problem] = problems(variables(given))
        assert problem.name in given
        assert secret not in str(problem)


def test_specs_that_cannot_be_read_are_said(tmp_path: Any) -> None:
    with pytest.raises(CloudError, match="Restore the file from version control"):
        Declared.read(ROOT / "roles", tmp_path / "argument_specs.yml")
