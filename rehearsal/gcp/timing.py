"""How long operations take, and which are to fail: what the armed faults say of them."""

from __future__ import annotations

import asyncio

from ..core.faults import CONSISTENCY, OPERATION, FaultTable
from .errors import ApiError
from .rpc import Rpc


class Timing:
    def __init__(self, faults: FaultTable) -> None:
        self._faults = faults

    async def pause(self, rpc: Rpc, seconds: float) -> None:
        """Take this long. Raise ApiError when the operation is armed to fail."""
        await asyncio.sleep(seconds)
        self.check(rpc)

    def check(self, rpc: Rpc) -> None:
        """Raise ApiError when the operation is armed to fail."""
        service = rpc.method.id.partition(".")[0]
        if self._faults.take(service, rpc.method.action, rpc.id, kinds=(OPERATION,)):
            raise ApiError("INTERNAL", "An internal error occurred (a rehearsed failure).")

    def delay(self, rpc: Rpc, seconds: float) -> float:
        """After how many seconds what this call makes is seen by other services."""
        service = rpc.method.id.partition(".")[0]
        fault = self._faults.take(service, rpc.method.action, rpc.id, kinds=(CONSISTENCY,))
        return fault.seconds if fault else seconds
