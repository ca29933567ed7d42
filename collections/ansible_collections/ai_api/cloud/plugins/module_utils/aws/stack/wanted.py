"""What a task wants of a stack: whether it is so already, and the request that makes it so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ...core.later import LATER, later
from ..tags import as_dict, as_list
from . import parameters as parameter
from .client import Request, policy
from .plan import Picture
from .resolve import Resolver
from .template import FINGERPRINT_OUTPUT, OWN_OUTPUTS, Template

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef


@dataclass(frozen=True)
class Wanted:
    name: str
    region: str
    template: Template
    given: Mapping[str, Any]
    tags: Mapping[str, str]
    capabilities: list[str] = field(default_factory=list)
    protected: list[str] = field(default_factory=list)

    @cached_property
    def parameters(self) -> dict[str, str]:
        return parameter.desired(self.template, self.given, self.name)

    @cached_property
    def fingerprint(self) -> str:
        return self.template.fingerprint(self.protected)

    @cached_property
    def picture(self) -> Picture:
        return picture(self.template, self.parameters, self.tags, self.name, self.region)

    @property
    def is_certain(self) -> bool:
        """False where a value is a placeholder: check mode, and what it comes from does not exist yet."""
        return self.template.is_certain and not any(LATER in value for value in self.parameters.values())

    def is_met_by(self, stack: StackTypeDef) -> bool:
        """Nothing to update. A NoEcho value cannot be read back: an update sends it, it never causes one."""
        unseen = parameter.hidden(self.template)
        current = parameters_of(stack)
        return (
            all_outputs(stack).get(FINGERPRINT_OUTPUT) == self.fingerprint
            and tags_of(stack) == self.tags
            and current.keys() == self.parameters.keys()
            and all(current[name] == value for name, value in self.parameters.items() if name not in unseen)
        )

    def request(self) -> Request:
        """The part that CreateStack, UpdateStack and CreateChangeSet have in common."""
        return {
            "TemplateBody": self.template.body(self.fingerprint),
            "Parameters": [
                {"ParameterKey": name, "ParameterValue": value} for name, value in self.parameters.items()
            ],
            "Tags": as_list(self.tags),
            "Capabilities": self.capabilities,
        }

    def change(self) -> Request:
        """For CreateStack and UpdateStack."""
        return {**self.request(), "StackPolicyBody": policy(self.protected)}

    def expected_outputs(self, current: Mapping[str, str], before: Picture) -> dict[str, str]:
        """The outputs after the deployment as far as they can be told before it.

        An output that is made of the same as ``before`` keeps its ``current`` value.
        """

        def expected(name: str, value: Any) -> str:
            if name in current and before.outputs.get(name) == value:
                return current[name]
            return later(f"output {name} of {self.name}") if LATER in str(value) else str(value)

        return {name: expected(name, value) for name, value in self.picture.outputs.items()}


def picture(
    template: Template, values: Mapping[str, str], tags: Mapping[str, str], name: str, region: str
) -> Picture:
    pseudo = {
        "AWS::Region": region,
        "AWS::StackName": name,
        "AWS::Partition": "aws-cn" if region.startswith("cn-") else "aws",
        "AWS::URLSuffix": "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com",
    }
    resolver = Resolver(template, values, pseudo)
    return Picture(resolver.resources(), _public(resolver.outputs()), tags)


def parameters_of(stack: StackTypeDef) -> dict[str, str]:
    return {each["ParameterKey"]: each.get("ParameterValue", "") for each in stack.get("Parameters", [])}


def tags_of(stack: StackTypeDef) -> dict[str, str]:
    return as_dict(stack.get("Tags", []))


def all_outputs(stack: StackTypeDef) -> dict[str, str]:
    return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}


def outputs_of(stack: StackTypeDef) -> dict[str, str]:
    """The outputs that the template declares; not those that aws_stack added."""
    return _public(all_outputs(stack))


def _public(outputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in outputs.items() if not name.startswith(OWN_OUTPUTS)}
