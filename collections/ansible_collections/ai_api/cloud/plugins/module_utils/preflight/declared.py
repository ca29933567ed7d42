"""Which variables there are: the argument specs of the roles, and the one of the inventory."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from ..core.errors import CloudError

Spec = Mapping[str, Any]  # one option of an argument spec

_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Declared:
    """``options`` maps each declared variable to its spec, ``required`` names those an inventory must set."""

    options: Mapping[str, Spec]
    required: frozenset[str]
    prefixes: tuple[str, ...]
    roles: Path

    @classmethod
    def read(cls, roles: Path, inventory_spec: Path) -> Declared:
        """Read ``<roles>/*/meta/argument_specs.yml`` and ``inventory_spec``. Raises CloudError."""
        of_roles = {
            path.parts[-3]: _options(path) for path in sorted(roles.glob("*/meta/argument_specs.yml"))
        }
        of_inventory = _options(inventory_spec)
        clouds = of_inventory.get("target_cloud", {}).get("choices", [])
        first_words = {name.partition("_")[0] for name in of_inventory}
        options = {name: spec for role in of_roles.values() for name, spec in role.items()} | of_inventory
        own = {name for role, specs in of_roles.items() for name in specs if name.startswith(f"{role}_")}
        return cls(
            options,
            frozenset(name for name in own | set(of_inventory) if options[name].get("required")),
            tuple(sorted(f"{word}_" for word in {*of_roles, *first_words, *clouds})),
            roles,
        )

    def close_to(self, name: str) -> str | None:
        """The declared variable that ``name`` was probably meant to be."""
        return next(iter(difflib.get_close_matches(name, self.options, n=1, cutoff=0.85)), None)

    @cached_property
    def outputs(self) -> frozenset[str]:
        """What the roles publish; costs a look into their variables."""
        return frozenset(
            name
            for path in self.roles.glob("*/vars/main.yml")
            for name in re.findall(r"^(\w+):", path.read_text(), re.MULTILINE)
        )


def _options(path: Path) -> dict[str, Spec]:
    """All options of the entry points in an argument spec file."""
    try:
        entry_points = yaml.load(path.read_text(), _LOADER)["argument_specs"].values()  # noqa: S506 a safe one
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise CloudError(
            f"Cannot read the declared variables: expected argument specs in {path}, "
            f"found {type(error).__name__}",
            next_step="Restore the file from version control.",
        ) from error
    return _merged(entry_point.get("options", {}) for entry_point in entry_points)


def _merged(options: Iterable[Mapping[str, Spec]]) -> dict[str, Spec]:
    return {name: spec for entry_point in options for name, spec in entry_point.items()}
