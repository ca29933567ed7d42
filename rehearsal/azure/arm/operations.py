"""Operations that take their time, and the two ways in which ARM lets one ask about them."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ...core.asgi import Response
from .errors import ArmError, answer
from .store import now

log = logging.getLogger("operations")
SECONDS = 0.3  # what ARM takes, beyond what is really done
RETRY_AFTER = "1"
_KEPT = 500


@dataclass(eq=False)
class Operation:
    """``result`` gives what a GET of the resource gives, once it has succeeded; None after a delete."""

    namespace: str
    location: str
    result: Callable[[], Any] | None = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "InProgress"
    error: ArmError | None = None
    began: str = field(default_factory=now)
    ended: str = ""


class Operations:
    """``endpoint`` and ``subscription`` are what the addresses of operations are made of."""

    def __init__(self, endpoint: str, subscription: str) -> None:
        self._base = f"{endpoint}/subscriptions/{subscription}"
        self._operations: dict[str, Operation] = {}
        self._generation = 0

    def start(self, operation: Operation, work: Callable[[], None], done: Callable[[bool], None]) -> None:
        """Do the work in a thread; ``done`` learns whether it succeeded before the operation says so."""
        self._operations[operation.id] = operation
        while len(self._operations) > _KEPT:
            self._operations.pop(next(iter(self._operations)))
        generation = self._generation

        def run() -> None:
            time.sleep(SECONDS)
            if generation != self._generation:
                return
            try:
                work()
            except ArmError as error:
                operation.error = error
            except Exception:
                log.exception("operation %s", operation.id)
                operation.error = ArmError(500, "InternalServerError", "An internal error has occurred.")
            if generation != self._generation:
                return
            done(operation.error is None)
            operation.ended = now()
            operation.status = "Failed" if operation.error else "Succeeded"

        threading.Thread(target=run, name=f"operation-{operation.id[:8]}", daemon=True).start()

    def headers(self, operation: Operation, version: str, *, by_status: bool) -> dict[str, str]:
        """Of the answer to the request that began it: where its status is, or where its result will be."""
        place = f"{self._base}/providers/{operation.namespace}/locations/{operation.location}"
        query = f"?api-version={version}"
        if by_status:
            return {
                "azure-asyncoperation": f"{place}/operationStatuses/{operation.id}{query}",
                "retry-after": RETRY_AFTER,
            }
        return {"location": f"{place}/operationResults/{operation.id}{query}", "retry-after": RETRY_AFTER}

    def answer(self, what: str, identity: str) -> Response:
        """To a GET of its status or result. Raise ArmError if there is no such operation, or it failed."""
        operation = self._operations.get(identity)
        if operation is None:
            raise ArmError(404, "OperationNotFound", f"The operation '{identity}' could not be found.")
        if what == "operationstatuses":
            return answer(_status(operation), 200, patience(operation))
        if operation.status == "InProgress":
            return answer(None, 202, patience(operation))
        if operation.error:
            raise operation.error
        content = operation.result() if operation.result else None
        return answer(content, 200 if content is not None else 204)

    def clear(self) -> None:
        """Forget them all; what is still at work no longer counts."""
        self._generation += 1
        self._operations.clear()


def patience(operation: Operation | None) -> dict[str, str]:
    """The header by which clients learn when to ask again, as long as there is something to wait for."""
    return {"retry-after": RETRY_AFTER} if operation and operation.status == "InProgress" else {}


def _status(operation: Operation) -> dict[str, Any]:
    content = {
        "id": operation.id,
        "name": operation.id,
        "status": operation.status,
        "startTime": operation.began,
    }
    if operation.ended:
        content["endTime"] = operation.ended
    return {**content, "error": operation.error.content} if operation.error else content
