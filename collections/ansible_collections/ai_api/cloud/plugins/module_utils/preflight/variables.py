"""Variables that are misspelt, missing or of the wrong kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator, ValidationResult
from ansible.template import trust_as_template

from ..core.finding import Finding, failed
from .declared import Declared, Spec

PLACES = "the inventory (hosts.yml, group_vars) or -e"
LONGEST = 60  # characters of a value that are shown


class UnresolvedError(Exception):
    """The expression of a variable cannot be evaluated; the text says why."""


class Variables:
    """The variables of a play: which are ``given``, and what they say.

    ``evaluate`` turns the expression of a variable into its value; it raises UnresolvedError.
    """

    def __init__(self, declared: Declared, given: Mapping[str, Any], evaluate: Callable[[Any], Any]) -> None:
        self.declared = declared
        self.given = given
        self._evaluate = evaluate

    def is_default(self, name: str) -> bool:
        """Whether it says what its role says; then it is as good as the role."""
        spec = self.declared.options.get(name, {})
        return "default" in spec and self.given.get(name, spec["default"]) == spec["default"]

    def value(self, name: str) -> Any:
        """The value, or the default of its role; None where there is neither. Raises UnresolvedError."""
        if name in self.given:
            return self._evaluate(self.given[name])
        default = self.declared.options.get(name, {}).get("default")
        return self._evaluate(trust_as_template(default) if isinstance(default, str) else default)

    def setting(self, name: str) -> Any:
        """The value as its role gets it, in the declared type, where it is valid. Raises UnresolvedError."""
        return _validated(name, self.declared.options[name], self.value(name)).validated_parameters[name]


def unknown(variables: Variables) -> Iterator[Finding]:
    """Variables that are ours by their first word, or nearly one of ours, but declared nowhere."""
    declared = variables.declared
    for name in sorted(set(variables.given) - set(declared.options)):
        if name.startswith(("ansible_", "_")) or name in declared.outputs:
            continue
        meant = declared.close_to(name)
        if not meant and not name.startswith(declared.prefixes):
            continue
        hint = f"Did you mean {meant}?" if meant else "See the README of the role."
        yield failed(
            name,
            expected="a declared variable",
            found="an unknown one",
            next_step=f"{hint} Correct it in {PLACES}",
        )


def missing(variables: Variables) -> Iterator[Finding]:
    """Variables that have no default and no value."""
    for name in sorted(variables.declared.required - set(variables.given)):
        spec = variables.declared.options[name]
        example = f", for example {name}: {spec['example']}" if "example" in spec else ""
        yield failed(
            name,
            expected=f"a value ({_described(spec)})",
            found="none",
            next_step=f"Set it in {PLACES}{example}",
        )


def invalid(variables: Variables, *, unresolved: bool) -> Iterator[Finding]:
    """Values of the wrong type, choice or pattern; with ``unresolved`` also expressions without a value."""
    for name, spec in sorted(variables.declared.options.items()):
        if name not in variables.given or variables.is_default(name):
            continue
        try:
            value = variables.value(name)
        except UnresolvedError as reason:
            known_later = variables.declared.outputs.intersection(re.findall(r"\w+", str(reason)))
            expected = "an expression that has a value" if unresolved and not known_later else ""
            found = str(reason)
        else:
            expected, found = _wrong(name, spec, value), _shown(value)
        if expected:
            yield failed(
                name,
                expected=expected,
                found="something else" if _is_secret(spec) else found,
                next_step=f"{_described(spec)} Correct it in {PLACES}",
            )


def _wrong(name: str, spec: Spec, value: Any) -> str:
    """What was expected instead of ``value``; empty where it is right."""
    errors = _validated(name, spec, value).error_messages
    if errors and "options" in spec:
        return "; ".join(errors)  # names the wrong keys; of a scalar it would only repeat the value
    if errors:
        return _kind(spec)
    pattern = spec.get("pattern")
    if pattern and not re.fullmatch(pattern, str(value)):
        return f"a value like {spec['example']}"
    return ""


def _validated(name: str, spec: Spec, value: Any) -> ValidationResult:
    known = {key: part for key, part in spec.items() if key not in {"pattern", "example", "required"}}
    return ArgumentSpecValidator({name: known}).validate({name: value})


def _kind(spec: Spec) -> str:
    if spec.get("choices"):
        return f"one of {', '.join(map(str, spec['choices']))}"
    kind = spec.get("type", "str")
    return (
        f"a list of {spec['elements']}"
        if kind == "list" and "elements" in spec
        else f"a value of type {kind}"
    )


def _is_secret(spec: Spec) -> bool:
    return bool(spec.get("no_log")) or any(map(_is_secret, spec.get("options", {}).values()))


def _shown(value: Any) -> str:
    text = repr(str(value) if isinstance(value, str) else value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _described(spec: Spec) -> str:
    text = spec.get("description", "")
    return " ".join(text) if isinstance(text, list) else str(text)
