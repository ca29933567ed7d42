"""Operations that go on after Google has answered: google.longrunning's, and those of Compute Engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import ApiError, of_status

Operation = Mapping[str, Any]


def is_done(operation: Operation) -> bool:
    return bool(operation.get("done")) or operation.get("status") == "DONE"


def path_of(operation: Operation, prefix: str, collection: str) -> str:
    """Where it can be asked about; Compute Engine's are beside the resources, and named without path."""
    name = str(operation["name"])
    scope = "" if "/" in name else f"{collection.rpartition('/')[0]}/operations/"
    return f"{prefix}{scope}{name}"


def failure(operation: Operation, action: str, resource: str) -> ApiError | None:
    """What went wrong with an operation that is done."""
    error = operation.get("error")
    if not isinstance(error, Mapping) or not error:
        return None
    listed = error.get("errors")
    if listed:
        said = "; ".join(str(each.get("message") or each.get("code")) for each in listed)
        return of_status({"status": listed[0].get("code"), "message": said}, action, resource)
    return of_status(error, action, resource)
