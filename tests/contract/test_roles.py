"""The shape that every role keeps: specs, defaults that agree with them, a README, a twin for removal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CLOUDS = ["aws", "gcp", "azure"]
ROLES = sorted(path.parent.parent.name for path in ROOT.glob("roles/*/meta/argument_specs.yml"))
# Roles that leave something in the cloud; the others have nothing to remove.
RESOURCE_ROLES = ["autoscaling", "platform", "registry", "secret_store", "service"]


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def specs(role: str) -> dict[str, Any]:
    entry_points: dict[str, Any] = read(ROOT / "roles" / role / "meta/argument_specs.yml")["argument_specs"]
    return entry_points


def test_every_role_has_an_argument_spec() -> None:
    assert sorted(path.name for path in ROOT.glob("roles/*") if path.is_dir()) == ROLES


@pytest.mark.parametrize("role", ROLES)
def test_defaults_and_specs_agree(role: str) -> None:
    defaults = read(ROOT / "roles" / role / "defaults/main.yml")
    declared: dict[str, Any] = {}
    for entry_point in specs(role).values():
        declared |= {
            name: spec["default"] for name, spec in entry_point["options"].items() if "default" in spec
        }
    assert declared == defaults


@pytest.mark.parametrize("role", ROLES)
def test_every_entry_point_has_a_task_file_and_every_option_a_description(role: str) -> None:
    for name, entry_point in specs(role).items():
        assert (ROOT / "roles" / role / "tasks" / f"{name}.yml").is_file(), name
        assert entry_point["short_description"]
        for option, spec in entry_point["options"].items():
            assert spec.get("description"), option
            assert spec.get("type"), option


@pytest.mark.parametrize("role", ROLES)
def test_inputs_carry_the_prefix_of_the_role(role: str) -> None:
    deployment_wide = {"target_cloud"}
    for entry_point in specs(role).values():
        for option in set(entry_point["options"]) - deployment_wide:
            assert option.startswith(f"{role}_"), option


@pytest.mark.parametrize("role", ROLES)
def test_the_readme_names_every_input(role: str) -> None:
    readme = (ROOT / "roles" / role / "README.md").read_text()
    for option in read(ROOT / "roles" / role / "defaults/main.yml"):
        assert f"`{option}`" in readme, option


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_cloud_is_complete(cloud: str) -> None:
    """What a new cloud still lacks: the failure is the list of files to write."""
    wanted = [
        f"roles/{role}/tasks/{cloud}{suffix}.yml" for role in RESOURCE_ROLES for suffix in ("", "_absent")
    ]
    wanted += [f"roles/verify/tasks/{cloud}.yml"]
    missing = [path for path in wanted if not (ROOT / path).is_file()]
    assert missing == []


@pytest.mark.parametrize("role", RESOURCE_ROLES)
def test_a_resource_role_only_dispatches(role: str) -> None:
    for entry, suffix in (("main", ""), ("absent", "_absent")):
        (task,) = read(ROOT / "roles" / role / "tasks" / f"{entry}.yml")
        # Not include_role: it takes the hosts of several clouds for one where only tasks_from differs, and it
        # validates once more, in a task of its own, what the preflight has validated.
        assert task["ansible.builtin.include_tasks"] == "{{ target_cloud }}" + f"{suffix}.yml"
