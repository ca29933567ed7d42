"""azure_resource: one resource of Azure as declared. Documented in plugins/modules/azure_resource.py."""

from __future__ import annotations

from typing import Any, ClassVar

from ..module_utils.azure.resource import soft_delete
from ..module_utils.azure.resource.absent import absent
from ..module_utils.azure.resource.job import Job
from ..module_utils.azure.resource.present import present
from ..module_utils.azure.resource.wanted import Wanted
from ..module_utils.azure.session import Session
from ..module_utils.core.action import CloudAction, Result
from ..module_utils.core.changes import as_diff
from ..module_utils.core.options import CONNECTION
from ..module_utils.core.waiting import Deadline, Progress


class ActionModule(CloudAction):
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        **CONNECTION,
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
        "wait_timeout": {"type": "int", "default": 1800},
        "poll_interval": {"type": "float"},
    }

    def apply(self, options: dict[str, Any]) -> Result:
        session = Session(options)
        job = Job(
            session,
            session.full_id(options["id"]),
            options["api_version"],
            Deadline(options["wait_timeout"], options["poll_interval"]),
            Progress(self.progress),
            check=self.check_mode,
        )
        tags = text_tags(options["tags"])
        if options["state"] == "absent":
            outcome = absent(job, tags, options["soft_deleted"])
        else:
            patch, on_deleted = options["update"] == "patch", options["soft_deleted"]
            outcome = present(job, Wanted(job.id, options["body"], tags, patch, on_deleted))
        return {
            "changed": outcome.changed,
            "resource": outcome.resource,
            "diff": as_diff(job.shown, outcome.changes),
        }


def text_tags(tags: dict[str, Any] | None) -> dict[str, str] | None:
    return None if tags is None else {name: str(value) for name, value in tags.items()}
