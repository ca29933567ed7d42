"""What a template means with given parameters, as far as it can be known without deploying it."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any

from ...core.later import LATER, later
from . import parameters as parameter
from .template import Node, Template

HIDDEN = "(hidden)"
_NOTHING = object()  # AWS::NoValue: the property is left out
_SUB = re.compile(r"\$\{(!?)([^}]+)\}")


class Resolver:
    """Resolves intrinsic functions of one template.

    ``values`` are the parameters as text, ``pseudo`` the known pseudo parameters (``AWS::Region``). What
    belongs to a resource becomes a placeholder, equal for equal references. NoEcho values are hidden.
    """

    def __init__(self, template: Template, values: Mapping[str, str], pseudo: Mapping[str, str]) -> None:
        self._template = template
        self._hidden = parameter.hidden(template)
        self._values = values
        self._pseudo = pseudo
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Condition": self.condition,
            "Fn::GetAtt": lambda at: later(".".join(at) if isinstance(at, list) else at),
            "Fn::Sub": self._sub,
            "Fn::Join": lambda at: _joined(self.value(at[0]), self.value(at[1])),
            "Fn::Select": self._select,
            "Fn::Split": lambda at: _split(self.value(at[0]), self.value(at[1])),
            "Fn::If": lambda at: self.value(at[1] if self.condition(at[0]) else at[2]),
            "Fn::Equals": lambda at: _text(self.value(at[0])) == _text(self.value(at[1])),
            "Fn::And": lambda at: all(self.value(each) for each in at),
            "Fn::Or": lambda at: any(self.value(each) for each in at),
            "Fn::Not": lambda at: not self.value(at[0]),
            "Fn::FindInMap": self._find_in_map,
            "Fn::Base64": lambda at: base64.b64encode(_text(self.value(at)).encode()).decode(),
        }

    def resources(self) -> dict[str, dict[str, Node]]:
        """Logical id -> resource with resolved ``Properties``; without those whose condition is false."""
        return {
            name: {**resource, "Properties": self.value(resource.get("Properties") or {})}
            for name, resource in self._existing("Resources")
        }

    def outputs(self) -> dict[str, Node]:
        return {name: self.value(output.get("Value")) for name, output in self._existing("Outputs")}

    def condition(self, name: str) -> bool:
        return bool(self.value(self._template.section("Conditions").get(name, True)))

    def value(self, node: Node) -> Node:
        if isinstance(node, list):
            return [value for value in map(self.value, node) if value is not _NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            (name, argument), *_ = node.items()
            if name in self._functions and not (name == "Condition" and isinstance(argument, dict)):
                return self._functions[name](argument)
            if name.startswith("Fn::"):
                return later(f"{name} {_text(self.value(argument))}")
        resolved = {name: self.value(value) for name, value in node.items()}
        return {name: value for name, value in resolved.items() if value is not _NOTHING}

    def _existing(self, section: str) -> list[tuple[str, dict[str, Node]]]:
        return [
            (name, entry)
            for name, entry in self._template.section(section).items()
            if "Condition" not in entry or self.condition(entry["Condition"])
        ]

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NOTHING
        if name in self._hidden:
            return HIDDEN
        if name in self._values:
            kind = self._template.section("Parameters")[name].get("Type", "String")
            value = self._values[name]
            is_list = kind == "CommaDelimitedList" or kind.startswith("List<")
            return [part.strip() for part in value.split(",")] if is_list and LATER not in value else value
        return self._pseudo.get(name) or later(name)

    def _sub(self, argument: Any) -> str:
        text, own = (argument, {}) if isinstance(argument, str) else argument

        def replace(found: re.Match[str]) -> str:
            literal, name = found.groups()
            if literal:
                return f"${{{name}}}"
            if name in own:
                return _text(self.value(own[name]))
            return _text(self._ref(name)) if "." not in name else later(name)

        return _SUB.sub(replace, text)

    def _select(self, argument: list[Any]) -> Any:
        index, items = int(self.value(argument[0])), self.value(argument[1])
        if isinstance(items, list) and index < len(items):
            return items[index]
        return later(f"item {index} of {_text(items)}")

    def _find_in_map(self, argument: list[Any]) -> Any:
        found: Any = self._template.section("Mappings")
        for key in argument[:3]:
            wanted = _text(self.value(key))
            if not isinstance(found, dict) or wanted not in found:
                return later(f"Fn::FindInMap {wanted}")
            found = found[wanted]
        return found


def _text(value: Any) -> str:
    return parameter.as_text(value)


def _joined(separator: str, items: Any) -> str:
    return separator.join(map(_text, items)) if isinstance(items, list) else _text(items)


def _split(separator: str, value: Any) -> Any:
    return value.split(separator) if isinstance(value, str) and LATER not in value else value
