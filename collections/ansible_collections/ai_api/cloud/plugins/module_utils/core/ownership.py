"""The marks that tell whose a resource is."""

from __future__ import annotations

from collections.abc import Mapping

from .errors import CloudError

MARKS = ("managed-by", "deployment")


def marks(tags: Mapping[str, str]) -> dict[str, str]:
    """The ownership marks in ``tags``. CloudError if one is missing or empty: nothing may be made without."""
    missing = [mark for mark in MARKS if not tags.get(mark)]
    if missing:
        raise CloudError(
            f"The tags lack {' and '.join(missing)}",
            next_step=f"Expected `tags` with {' and '.join(MARKS)}: clean-up finds by them what is ours.",
        )
    return {mark: tags[mark] for mark in MARKS}


def is_owned(found: Mapping[str, str], tags: Mapping[str, str]) -> bool:
    """Whether what carries the tags ``found`` belongs to the deployment that has ``tags``."""
    return all(found.get(mark) == value for mark, value in marks(tags).items())


def refuse_foreign(what: str, found: Mapping[str, str], tags: Mapping[str, str]) -> None:
    if not is_owned(found, tags):
        carried = ", ".join(f"{mark}={found[mark]}" for mark in MARKS if mark in found) or "neither"
        expected = ", ".join(f"{mark}={value}" for mark, value in marks(tags).items())
        raise CloudError(
            f"{what} is not ours: it carries {carried}, expected {expected}",
            next_step="Give this deployment another name, or this resource one by its role's input; "
            "or remove the other with its own tools.",
        )
