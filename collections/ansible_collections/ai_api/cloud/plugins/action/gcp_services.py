"""gcp_services: the APIs that a project may use. Documented in plugins/modules/gcp_services.py."""

from __future__ import annotations

from typing import Any, ClassVar

from ..module_utils.core.action import CloudAction, Result
from ..module_utils.core.changes import as_diff
from ..module_utils.core.options import CONNECTION, WAITING
from ..module_utils.core.waiting import Deadline, Progress
from ..module_utils.gcp.services import Services


class ActionModule(CloudAction):
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        **CONNECTION,
        **WAITING,
        "names": {"type": "list", "elements": "str", "required": True},
    }

    def apply(self, options: dict[str, Any]) -> Result:
        deadline = Deadline(options["wait_timeout"], options["poll_interval"])
        services = Services(options, deadline, Progress(self.progress))
        changes = services.enable(options["names"], check=self.check_mode)
        return {
            "changed": bool(changes),
            "enabled": [change.resource for change in changes],
            "diff": as_diff(f"APIs of project {options['project']}", changes),
        }
