"""azure_container_app: a deployment without a gap. Documented in plugins/modules/azure_container_app.py."""

from __future__ import annotations

from typing import Any, ClassVar

from ..module_utils.azure.container_app.deploy import Deployer
from ..module_utils.azure.container_app.revisions import Revisions
from ..module_utils.azure.resource.job import Job
from ..module_utils.azure.resource.wanted import Wanted
from ..module_utils.core.action import CloudAction, Result
from ..module_utils.core.changes import as_diff
from ..module_utils.core.options import CONNECTION, WAITING


class ActionModule(CloudAction):
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        **CONNECTION,
        **WAITING,
        "id": {"type": "str", "required": True},
        "api_version": {"type": "str", "required": True},
        "body": {"type": "dict", "required": True},
        "tags": {"type": "dict", "required": True},
        "keep_active": {"type": "int", "default": 1},
        "revision_timeout": {"type": "int", "default": 300},
    }

    def apply(self, options: dict[str, Any]) -> Result:
        job = Job.of(options, options["id"], options["api_version"], self.progress, check=self.check_mode)
        tags = {name: str(value) for name, value in options["tags"].items()}
        revisions = Revisions(job, options["revision_timeout"])
        done = Deployer(
            job, Wanted(job.id, options["body"], tags), revisions, options["keep_active"]
        ).deploy()
        return {
            "changed": bool(done.changes),
            "resource": done.app,
            "revision": done.revision,
            "url": done.url,
            "diff": as_diff(job.shown, done.changes),
        }
