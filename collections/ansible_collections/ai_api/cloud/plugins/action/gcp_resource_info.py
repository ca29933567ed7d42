"""gcp_resource_info: a resource of Google Cloud as it is; see plugins/modules/gcp_resource_info.py."""

from __future__ import annotations

from typing import Any, ClassVar

from ..module_utils.core.action import CloudAction, Result
from ..module_utils.core.errors import not_there
from ..module_utils.core.options import CONNECTION
from ..module_utils.gcp.resource.job import Job

# It reads, and waits for nothing.
ONCE: dict[str, Any] = {"wait_timeout": 0, "poll_interval": None}


class ActionModule(CloudAction):
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        **CONNECTION,
        "api": {"type": "str", "required": True},
        "collection": {"type": "str", "required": True},
        "id": {"type": "str", "required": True},
    }

    def apply(self, options: dict[str, Any]) -> Result:
        job = Job.of({**options, **ONCE}, self.progress, check=self.check_mode)
        found = job.read()
        if found is None:
            raise not_there(job.shown, f"project {options['project']}")
        return {"resource": found}
