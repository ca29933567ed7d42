"""What a diff shows: one entry a resource and property, never a secret."""

from __future__ import annotations

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.core.changes import (
    Change,
    as_diff,
    compare,
    is_secret,
)


def test_one_entry_a_property_named_things_by_name() -> None:
    before = {"Cpu": "256", "Env": [{"Name": "A", "Value": "1"}, {"Name": "B", "Value": "2"}]}
    after = {"Cpu": "512", "Env": [{"Name": "B", "Value": "2"}, {"Name": "A", "Value": "3"}]}
    assert compare("Task", before, after) == [
        Change("Task", "Cpu", "256", "512"),
        Change("Task", "Env[A].Value", "1", "3"),
    ]


def test_things_without_a_name_go_by_position_and_plain_lists_as_a_whole() -> None:
    before = {"Ports": [{"Port": 80}, {"Port": 81}], "Zones": ["a", "b"]}
    after = {"Ports": [{"Port": 80}, {"Port": 82}], "Zones": ["a"]}
    assert compare("R", before, after) == [
        Change("R", "Ports[1].Port", 81, 82),
        Change("R", "Zones", ["a", "b"], ["a"]),
    ]


def test_what_appears_and_what_goes_has_one_side() -> None:
    changes = compare("R", {"Old": 1, "Both": 2}, {"New": 3, "Both": 2})
    assert as_diff("stack x", changes) == {
        "before_header": "stack x",
        "after_header": "stack x",
        "before": {"R.Old": 1},
        "after": {"R.New": 3},
    }


@pytest.mark.parametrize(
    "path",
    [
        "SecretString",
        "MasterUserPassword",
        "Containers[api].Environment[OPENAI_API_KEY].Value",
        "Environment[DB_PASSWORD].value",
        "Options.auth-token",
        "AccessKey",
        "PrivateKey",
    ],
)
def test_secrets_are_hidden_and_their_change_is_not(path: str) -> None:
    (change,) = compare("R", {path: "old-secret"}, {path: "new-secret"})
    assert "secret" not in f"{change.before} {change.after}"
    assert change.before != change.after


@pytest.mark.parametrize(
    "path",
    [
        "Secrets[OPENAI_API_KEY].ValueFrom",
        "SecretArn",
        "KmsKeyId",
        "Environment[MAX_TOKENS].Value",
        "Key",
        "Name",
    ],
)
def test_references_and_harmless_names_are_shown(path: str) -> None:
    assert not is_secret(path)
