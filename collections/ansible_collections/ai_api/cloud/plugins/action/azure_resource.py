"""azure_resource: one resource of Azure as declared. Documented in plugins/modules/azure_resource.py."""

from __future__ import annotations

from typing import Any, ClassVar

from ..module_utils.azure.resource import soft_delete
from ..module_utils.azure.resource.absent import absent
from ..module_utils.azure.resource.job import Job
from ..module_utils.azure.resource.present import present
from ..module_utils.azure.resource.wanted import Wanted
from ..module_utils.core.action import CloudAction, Result
from ..module_utils.core.options import CONNECTION, WAITING


class ActionModule(CloudAction):
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        **CONNECTION,
        **WAITING,
        "id": {"type": "str", "required": True},
        "api_version": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "body": {"type": "dict", "default": {}},
        "tags": {"type": "dict"},
        "update": {"type": "str", "choices": ["put", "patch"], "default": "put"},
        "soft_deleted": {
            "type": "str",
            "choices": [soft_delete.RECOVER, soft_delete.PURGE, soft_delete.REFUSE],
            "default": soft_delete.RECOVER,
        },
    }

    def apply(self, options: dict[str, Any]) -> Result:
        job = Job.of(options, options["id"], options["api_version"], self.progress, check=self.check_mode)
        tags = options["tags"] and {name: str(value) for name, value in options["tags"].items()}
        if options["state"] == "absent":
            outcome = absent(job, tags, options["soft_deleted"])
        else:
            patch, on_deleted = options["update"] == "patch", options["soft_deleted"]
            outcome = present(job, Wanted(job.id, options["body"], tags, patch, on_deleted))
        return outcome.as_result(job.shown)
