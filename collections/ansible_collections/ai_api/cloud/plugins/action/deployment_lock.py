"""ai_api.cloud.deployment_lock: refuse a second run of the same deployment."""

from __future__ import annotations

import atexit
import os
import sys
from contextlib import suppress
from typing import Any, ClassVar

from ..module_utils.core.action import CloudAction, Result
from ..module_utils.core.errors import CloudError
from ..module_utils.core.lock import acquire, default_folder, release_all
from ..module_utils.core.process import Process

_RUN = os.getpid()  # an action is loaded by the run, before the fork of the worker


@atexit.register
def _give_back() -> None:
    """At the end of the run, whatever became of it: without a task, which a failed target would not reach."""
    if os.getpid() == _RUN:
        with suppress(CloudError, OSError):
            release_all(default_folder(os.environ), Process.running(_RUN, sys.argv))


class ActionModule(CloudAction):
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {"name": {"type": "str", "required": True}}

    def apply(self, options: dict[str, Any]) -> Result:
        name = options["name"]
        if self.check_mode:
            return {"skipped": True, "msg": "Not locked: check mode changes nothing."}
        dead = acquire(default_folder(os.environ), name, Process.running(_RUN, sys.argv))
        if dead:
            self.progress(f"took over the lock of a run that ended without giving it back: {dead}")
        return {"msg": f"{name} is ours", "taken_over_from": str(dead) if dead else None}
