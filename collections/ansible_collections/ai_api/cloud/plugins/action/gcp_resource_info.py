"""gcp_resource_info: a resource of Google Cloud. Documented in plugins/modules/gcp_resource_info.py."""

from __future__ import annotations

from typing import Any, ClassVar

from ..module_utils.core.action import CloudAction, Result
from ..module_utils.core.errors import not_there
from ..module_utils.core.options import CONNECTION
from ..module_utils.gcp.discovery import preload
from ..module_utils.gcp.resource.job import NAMED, Job

preload("run.v2")


class ActionModule(CloudAction):
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {**CONNECTION, **NAMED}

    def apply(self, options: dict[str, Any]) -> Result:
        job = Job.of(options, self.progress, check=self.check_mode)
        resource = job.read()
        if resource is None:
            raise not_there(job.shown, job.collection)
        return {"resource": resource}
