"""ai_api.cloud.deployment_lock: refuse a second run of the same deployment."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, ClassVar

from ..module_utils.core.action import CloudAction, Result
from ..module_utils.core.lock import acquire, default_folder, release
from ..module_utils.core.process import Process


class ActionModule(CloudAction):
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["acquired", "released"], "default": "acquired"},
        "folder": {"type": "path"},
    }

    def apply(self, options: dict[str, Any]) -> Result:
        name = options["name"]
        if self.check_mode:
            return {"skipped": True, "msg": "Not locked: check mode changes nothing."}
        folder = Path(options["folder"]) if options["folder"] else default_folder(os.environ)
        # The lock belongs to the whole run: this is a worker that ends with the task, its parent is the run.
        run = Process.running(os.getppid(), sys.argv)
        if options["state"] == "released":
            release(folder, name, run)
            return {"msg": f"{name} is free"}
        dead = acquire(folder, name, run)
        if dead:
            self.progress(f"took over the lock of a run that ended without giving it back: {dead}")
        return {"msg": f"{name} is ours", "taken_over_from": str(dead) if dead else None}
