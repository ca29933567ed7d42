"""The documentation of every cloud action says what its argument spec says."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
import yaml

from tests.support.rehearsal import ROOT

PLUGINS = "ansible_collections.ai_api.cloud.plugins"
FOLDER = ROOT / "collections/ansible_collections/ai_api/cloud/plugins/action"
ACTIONS = sorted(path.stem for path in FOLDER.glob("[a-z]*.py"))
TOLD = ("type", "elements", "choices", "default", "required")


def documented(action: str) -> dict[str, Any]:
    module = yaml.safe_load(import_module(f"{PLUGINS}.modules.{action}").DOCUMENTATION)
    options = dict(module["options"])
    for name in module.get("extends_documentation_fragment", []):
        fragment = import_module(f"{PLUGINS}.doc_fragments.{name.rpartition('.')[2]}").ModuleDocFragment
        options |= yaml.safe_load(fragment.DOCUMENTATION)["options"]
    return options


@pytest.mark.parametrize("action", ACTIONS)
def test_options_are_documented_as_they_are(action: str) -> None:
    spec = import_module(f"{PLUGINS}.action.{action}").ActionModule.ARGUMENTS
    options = documented(action)
    assert options.keys() == spec.keys()
    for name, option in options.items():
        assert option["description"]
        assert {key: option.get(key) for key in TOLD} == {key: spec[name].get(key) for key in TOLD}, name


@pytest.mark.parametrize("action", ACTIONS)
def test_examples_and_returns_are_yaml(action: str) -> None:
    module = import_module(f"{PLUGINS}.modules.{action}")
    for task in yaml.safe_load(module.EXAMPLES):
        assert task[f"ai_api.cloud.{action}"].keys() <= documented(action).keys()
    assert all("description" in value for value in yaml.safe_load(module.RETURN).values())
