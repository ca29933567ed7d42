"""A wrong body is refused before anything is made, and the task names the field by its path."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.playbook import Target

TASK = "Apply a wrong body"
IMAGE = {"name": "api", "image": "any"}
# What is wrong: a field nobody knows, a value of another type, one that is no choice, one that is missing.
WRONG: dict[str, dict[str, dict[str, Any]]] = {
    "gcp": {
        "service.template.containers[0]": {"template": {"containers": [IMAGE | {"imagee": "any"}]}},
        "service.template.timeout": {"template": {"containers": [IMAGE], "timeout": 300}},
        "service.ingress": {"template": {"containers": [IMAGE]}, "ingress": "EVERYWHERE"},
        "service.template.containers[0].image": {"template": {"containers": [{"name": "api"}]}},
    },
    "azure": {
        "properties.template.containers[0].imagee": {"template": {"containers": [IMAGE | {"imagee": "any"}]}},
        "properties.template.scale.maxReplicas": {"template": {"scale": {"maxReplicas": "many"}}},
        "properties.configuration.activeRevisionsMode": {"configuration": {"activeRevisionsMode": "Both"}},
        "properties.configuration.ingress.customDomains[0].name": {
            "configuration": {"ingress": {"customDomains": [{"bindingType": "Disabled"}]}}
        },
    },
}


@pytest.mark.parametrize("target", list(WRONG), indirect=True)
def test_a_wrong_body_fails_the_task_with_the_path_of_the_field(target: Target) -> None:
    wrong = WRONG[target.cloud.name]
    play = f"tests/end_to_end/plays/wrong_bodies_{target.cloud.name}.yml"
    results = target.play(play, bodies=list(wrong.values())).succeeded().results[TASK]["results"]

    assert len(results) == len(wrong) == 4
    for path, result in zip(wrong, results, strict=True):
        assert path in result["msg"]
        assert not result["changed"]
    assert "wrong" not in target.cloud.everything()
