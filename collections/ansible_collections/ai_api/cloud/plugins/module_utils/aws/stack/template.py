"""CloudFormation templates: reading them, telling one from another, what is sent."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import yaml

from ...core.errors import CloudError
from ...core.later import LATER

Node = Any  # what YAML or JSON can hold

# Outputs that aws_stack adds to what it sends, so that one read tells whether a stack is up to date.
# Not tags: CloudFormation copies those to every resource, and each template change would touch them all.
OWN_OUTPUTS = "AiApi"
FINGERPRINT_OUTPUT = f"{OWN_OUTPUTS}Template"
ROLLOUT_OUTPUT = f"{OWN_OUTPUTS}Rollout"


@dataclass(frozen=True)
class Template:
    """A parsed template; intrinsic functions are in their long form (``{"Fn::Sub": ...}``)."""

    document: dict[str, Node]

    @classmethod
    def read(cls, path: str) -> Template:
        try:
            return cls.parse(Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError, ValueError) as error:
            raise CloudError(
                f"Template {path} cannot be read: {error}",
                next_step="Expected a CloudFormation template in YAML with a Resources section.",
            ) from error

    @classmethod
    def parse(cls, body: str | Mapping[str, Node]) -> Template:
        """Of text, or of the mapping that botocore makes of a JSON template. ValueError if it is neither."""
        document = yaml.load(body, Loader=_Loader) if isinstance(body, str) else dict(body)  # noqa: S506  safe
        if not isinstance(document, dict) or not isinstance(document.get("Resources"), dict):
            raise ValueError("it has no Resources section")
        return cls(document)

    def completed(self, properties: Mapping[str, Node]) -> Template:
        """With ``properties`` of resources, by their paths (``Tasks.Containers.0.Environment``).

        Raises CloudError where the template has nothing at a path: it always shows where something comes in.
        """
        resources = copy.deepcopy(self.section("Resources"))
        for path, value in properties.items():
            try:
                resource, *steps, last = path.split(".")
                holder = resources[resource]["Properties"]
                for step in steps:
                    holder = holder[_key(holder, step)]
                key = _key(holder, last)
                holder[key]  # must be there
            except (KeyError, IndexError, TypeError, ValueError):
                raise CloudError(
                    f"The template has no property {path}",
                    next_step="Name one that is in it: <logical id>.<property>, numbers for list places.",
                ) from None
            holder[key] = value
        return Template({**self.document, "Resources": resources})

    @property
    def is_certain(self) -> bool:
        """False where a part is a placeholder of what only a deployment will tell."""
        return LATER not in json.dumps(self.document)

    def section(self, name: str) -> dict[str, Any]:
        return self.document.get(name) or {}

    def fingerprint(self, protected: Iterable[str] = ()) -> str:
        """Equal for templates that mean the same; comments and layout do not count."""
        text = json.dumps([self.document, sorted(protected)], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def body(self, fingerprint: str) -> str:
        """What is sent: the template with the outputs that the next run reads."""
        outputs = {**self.section("Outputs"), FINGERPRINT_OUTPUT: {"Value": fingerprint}, **self._rollouts()}
        return json.dumps({**self.document, "Outputs": outputs}, separators=(",", ":"))

    def _rollouts(self) -> dict[str, Node]:
        """An output for every ECS service: ``cluster|service|task definition``, in CloudFormation's words."""
        outputs = {}
        for name, resource in self.section("Resources").items():
            properties = resource.get("Properties") or {}
            if resource.get("Type") != "AWS::ECS::Service" or "TaskDefinition" not in properties:
                continue
            parts = [properties.get("Cluster", "default"), {"Ref": name}, properties["TaskDefinition"]]
            condition = {"Condition": resource["Condition"]} if "Condition" in resource else {}
            outputs[f"{ROLLOUT_OUTPUT}{name}"] = {"Value": {"Fn::Join": ["|", parts]}, **condition}
        return outputs


def _key(holder: Node, step: str) -> Any:
    return int(step) if isinstance(holder, list) else step


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML with CloudFormation's short forms; dates stay text (``Version: 2012-10-17``)."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {
        first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _short_form(loader: Any, suffix: str, node: yaml.Node) -> dict[str, Node]:
    value: Node
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)
