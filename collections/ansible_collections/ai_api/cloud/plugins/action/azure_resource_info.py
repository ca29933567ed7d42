"""azure_resource_info: a resource of Azure as it is. Documented in plugins/modules/azure_resource_info.py."""

from __future__ import annotations

from typing import Any, ClassVar

from ..module_utils.azure.resource.job import Job
from ..module_utils.core.action import CloudAction, Result
from ..module_utils.core.errors import not_there
from ..module_utils.core.options import CONNECTION

# It reads, and waits for nothing.
ONCE: dict[str, Any] = {"wait_timeout": 0, "poll_interval": None}


class ActionModule(CloudAction):
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        **CONNECTION,
        "id": {"type": "str", "required": True},
        "api_version": {"type": "str", "required": True},
    }

    def apply(self, options: dict[str, Any]) -> Result:
        job = Job.of(
            {**options, **ONCE}, options["id"], options["api_version"], self.progress, check=self.check_mode
        )
        found = job.read()
        if found is None:
            raise not_there(job.shown, f"subscription {options['subscription_id']}")
        return {"resource": found}
