"""Long-running operations, which take their time."""

from __future__ import annotations

import asyncio
import copy
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from .errors import ApiError
from .rpc import Json, Rpc

_MOST_WAIT_SECONDS = 30.0
_KEPT = 1000


@dataclass
class Operation:
    name: str
    metadata: Callable[[], Json]
    done: asyncio.Event = field(default_factory=asyncio.Event)
    result: Json = field(default_factory=dict)
    task: asyncio.Task[None] | None = None

    @property
    def view(self) -> Json:
        content = {"name": self.name, "metadata": self.metadata(), **self.result}
        return {**content, "done": True} if self.done.is_set() else content


class Operations:
    """Of one API. ``work`` returns the typed response; an ApiError that it raises is the error."""

    def __init__(self) -> None:
        self._operations: dict[str, Operation] = {}

    def start(self, parent: str, metadata: Callable[[], Json], work: Awaitable[Json]) -> Operation:
        """Begin; ``parent`` is empty or ends with a slash."""
        operation = Operation(f"{parent}operations/{uuid.uuid4()}", metadata)
        self._operations[operation.name] = operation
        for name in list(self._operations)[:-_KEPT]:
            del self._operations[name]
        operation.task = asyncio.create_task(self._run(operation, work))
        return operation

    async def _run(self, operation: Operation, work: Awaitable[Json]) -> None:
        try:
            operation.result = {"response": copy.deepcopy(await work)}
        except ApiError as error:
            operation.result = {"error": error.rpc}
        except asyncio.CancelledError:
            operation.result = {"error": ApiError("CANCELLED", "The operation was cancelled.").rpc}
        operation.done.set()

    def get(self, rpc: Rpc) -> Json:
        return self._find(rpc.name).view

    async def wait(self, rpc: Rpc) -> Json:
        operation = self._find(rpc.name)
        seconds = float(rpc.body.get("timeout", f"{_MOST_WAIT_SECONDS}s").rstrip("s"))
        try:
            async with asyncio.timeout(min(seconds, _MOST_WAIT_SECONDS)):
                await operation.done.wait()
        except TimeoutError:
            pass
        return operation.view

    def list(self, rpc: Rpc) -> Json:
        found = [one.view for one in self._operations.values() if one.name.startswith(rpc.name)]
        return {"operations": found}

    def delete(self, rpc: Rpc) -> Json:
        del self._operations[self._find(rpc.name).name]
        return {}

    def clear(self) -> None:
        for operation in self._operations.values():
            if operation.task:
                operation.task.cancel()
        self._operations.clear()

    def _find(self, name: str) -> Operation:
        operation = self._operations.get(name)
        if operation is None:
            raise ApiError("NOT_FOUND", f"Operation '{name}' was not found.")
        return operation
