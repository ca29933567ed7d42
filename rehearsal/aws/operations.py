"""Stack operations that fail on demand, as they do when a resource's own service refuses.

An armed ``fail-operation`` fault makes the next resource that matches it fail, and CloudFormation does what
it then does: rolls back, or, when the fault is armed for ``RollbackStack``, gets stuck half-way.
"""

from __future__ import annotations

from typing import Any

from ..core.faults import OPERATION, FaultTable
from . import ministack

_OPERATIONS = {
    "CREATE_IN_PROGRESS": "CreateStack",
    "UPDATE_IN_PROGRESS": "UpdateStack",
    "DELETE_IN_PROGRESS": "DeleteStack",
    "ROLLBACK_IN_PROGRESS": "RollbackStack",
    "UPDATE_ROLLBACK_IN_PROGRESS": "RollbackStack",
}
_REASON = 'Resource handler returned message: "Rehearsed failure" (HandlerErrorCode: InternalFailure)'


def install(faults: FaultTable) -> None:
    stacks = ministack.service("cloudformation.stacks")
    records = ministack.service("cloudformation")._stacks

    def check(stack: str, resource_type: str, logical_id: str) -> None:
        """Raise ValueError, which fails the resource, when a fault is armed for it."""
        operation = _OPERATIONS.get((records.get(stack) or {}).get("StackStatus", ""), "")
        for resource in (resource_type, logical_id):
            if operation and faults.take("cloudformation", operation, resource, kinds=(OPERATION,)):
                raise ValueError(_REASON)

    def create(*arguments: Any) -> Any:
        resource_type, logical_id, _, stack = arguments
        check(stack, resource_type, logical_id)
        return do_create(*arguments)

    def update(*arguments: Any) -> Any:
        resource_type, _, old, new, stack, logical_id, _ = arguments
        if old != new:
            check(stack, resource_type, logical_id)
        return do_update(*arguments)

    def delete(*arguments: Any) -> None:
        resource_type, _, _, stack, logical_id = arguments
        check(stack, resource_type, logical_id)
        do_delete(*arguments)

    do_create = ministack.replace(stacks, "_provision_resource", create)
    do_update = ministack.replace(stacks, "_update_resource", update)
    do_delete = ministack.replace(stacks, "_delete_resource", delete)
