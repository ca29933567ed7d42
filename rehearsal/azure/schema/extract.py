"""Prints the shapes of the vendor's models as JSON: ``python -m rehearsal.azure.schema.extract``.

A model becomes ``{field: {"type": T, "read_only": bool, "required": bool}}`` by its name, where T is a plain
type's name, ``{"enum": [...]}``, ``{"list": T}``, ``{"map": T}``, ``{"model": name}`` or ``{"fields": ...}``.
"""

from __future__ import annotations

import datetime
import enum
import importlib
import json
import re
import sys
import types
import typing
from typing import Any

# The prefix of their names, where they are, and those that bodies are made of; what these use comes along.
ROOTS = {
    "resources": ("azure.mgmt.resource.resources.models", ("ResourceGroup", "ResourceGroupPatchable")),
    "app": (
        "azure.mgmt.appcontainers.models",
        ("ContainerApp", "ManagedEnvironment", "Revision", "Replica", "SecretsCollection"),
    ),
    "keyvault": (
        "azure.mgmt.keyvault.models",
        ("VaultCreateOrUpdateParameters", "VaultPatchParameters", "Vault", "DeletedVault"),
    ),
    "registry": ("azure.mgmt.containerregistry.models", ("Registry", "RegistryUpdateParameters")),
    "insights": ("azure.mgmt.loganalytics.models", ("Workspace", "WorkspacePatch", "SharedKeys")),
    "identity": ("azure.mgmt.msi.v2024_11_30.models", ("Identity", "IdentityUpdate")),
    "authorization": (
        "azure.mgmt.authorization.v2022_04_01.models",
        ("RoleAssignmentCreateParameters", "RoleAssignment"),
    ),
}

_PLAIN = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    datetime.datetime: "string",
    datetime.timedelta: "string",
    bytes: "string",
}
_MSREST = {
    "str": "string",
    "int": "integer",
    "long": "integer",
    "float": "number",
    "bool": "boolean",
    "iso-8601": "string",
    "object": "any",
}


class Extractor:
    def __init__(self, prefix: str, module: Any) -> None:
        self._prefix = prefix
        self._module = module
        self.models: dict[str, Any] = {}

    def model(self, cls: type) -> dict[str, str]:
        """A reference to the model, whose shape is then in ``models``."""
        name = f"{self._prefix}.{cls.__name__}"
        if name not in self.models:
            self.models[name] = {}
            fields = self._msrest(cls) if hasattr(cls, "_attribute_map") else self._typed(cls)
            self.models[name].update(fields)
        return {"model": name}

    def _typed(self, cls: type) -> dict[str, Any]:
        """Of the newer style: annotations and descriptors."""
        hints = typing.get_type_hints(cls, localns={"_models": self._module})
        fields = {}
        for base in reversed(cls.__mro__):
            for attribute, descriptor in vars(base).items():
                if not hasattr(descriptor, "_rest_name_input"):
                    continue
                hint = hints[attribute]
                read_only = descriptor._visibility == ["read"]
                fields[descriptor._rest_name_input or attribute] = {
                    "type": self._of_hint(hint),
                    "read_only": read_only,
                    "required": not read_only and type(None) not in typing.get_args(hint),
                }
        return fields

    def _of_hint(self, hint: Any) -> Any:
        options = [each for each in typing.get_args(hint) if each is not type(None)]
        origin = typing.get_origin(hint)
        if origin in (typing.Union, types.UnionType):
            named = [each for each in options if _is_a(each, enum.Enum)] or options
            return self._of_hint(named[0]) if len(named) == 1 else "any"
        if origin is list:
            return {"list": self._of_hint(options[0])}
        return {"map": self._of_hint(options[1])} if origin is dict else self._of_class(hint)

    def _of_class(self, hint: Any) -> Any:
        if _is_a(hint, enum.Enum):
            return {"enum": [str(each.value) for each in hint]}
        if _is_a(hint, object) and hint.__module__.startswith("azure."):
            return self.model(hint)
        return _PLAIN.get(hint, "any")

    def _msrest(self, cls: Any) -> dict[str, Any]:
        """Of the older style: maps of attributes whose keys are flattened with dots."""
        fields: dict[str, Any] = {}
        for attribute, mapping in cls._attribute_map.items():
            rule = cls._validation.get(attribute, {})
            *path, name = mapping["key"].split(".")
            place = fields
            for step in path:
                inner = place.setdefault(
                    step, {"type": {"fields": {}}, "read_only": False, "required": False}
                )
                inner["required"] |= bool(rule.get("required"))
                place = inner["type"]["fields"]
            place[name] = {
                "type": self._of_msrest(mapping["type"]),
                "read_only": bool(rule.get("readonly")),
                "required": bool(rule.get("required")),
            }
        return fields

    def _of_msrest(self, name: str) -> Any:
        if inner := re.fullmatch(r"\[(.+)\]", name):
            return {"list": self._of_msrest(inner[1])}
        if inner := re.fullmatch(r"\{(.+)\}", name):
            return {"map": self._of_msrest(inner[1])}
        return _MSREST[name] if name in _MSREST else self.model(getattr(self._module, name))


def _is_a(hint: Any, base: type) -> bool:
    return isinstance(hint, type) and issubclass(hint, base)


def extract() -> dict[str, Any]:
    models: dict[str, Any] = {}
    for prefix, (module, names) in ROOTS.items():
        extractor = Extractor(prefix, importlib.import_module(module))
        for name in names:
            extractor.model(getattr(importlib.import_module(module), name))
        models |= extractor.models
    return models


if __name__ == "__main__":
    json.dump(extract(), sys.stdout)
