"""The parameters of a stack, as the text that CloudFormation keeps."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from ...core.errors import CloudError
from .template import Template


def desired(template: Template, given: Mapping[str, Any], stack: str) -> dict[str, str]:
    """Every parameter of the template with what is ``given`` or its default; None counts as not given."""
    declared = template.section("Parameters")
    values = {name: as_text(value) for name, value in given.items() if value is not None}
    unknown = sorted(values.keys() - declared.keys())
    missing = sorted(
        name for name, spec in declared.items() if name not in values and spec.get("Default") is None
    )
    if unknown:
        close = difflib.get_close_matches(unknown[0], declared, n=1)
        raise CloudError(
            f"{stack}: the template has no parameter {', '.join(unknown)}",
            next_step=f"Did you mean {close[0]}?" if close else f"It has: {', '.join(sorted(declared))}.",
        )
    if missing:
        raise CloudError(
            f"{stack}: no value for parameter {', '.join(missing)}",
            next_step="Add it to the task's `parameters`; the template has no default for it.",
        )
    return {name: values.get(name, as_text(spec.get("Default"))) for name, spec in declared.items()}


def hidden(template: Template) -> set[str]:
    """Parameters that CloudFormation never shows again (NoEcho)."""
    return {
        name for name, spec in template.section("Parameters").items() if as_text(spec.get("NoEcho")) == "true"
    }


def as_text(value: Any) -> str:
    """As CloudFormation keeps it: ``true``, ``512``, ``a,b``."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ",".join(as_text(item) for item in value)
    return str(value)
