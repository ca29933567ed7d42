"""owned_resources: what carries a deployment's marks. Documented in plugins/modules/owned_resources.py."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.ai_api.cloud.plugins.module_utils.aws import inventory as aws
from ansible_collections.ai_api.cloud.plugins.module_utils.core.action import CloudAction, Result
from ansible_collections.ai_api.cloud.plugins.module_utils.core.leftovers import report
from ansible_collections.ai_api.cloud.plugins.module_utils.core.options import CONNECTION
from ansible_collections.ai_api.cloud.plugins.module_utils.core.waiting import Progress

INVENTORIES = {"aws": aws.inventory}


class ActionModule(CloudAction):
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        **CONNECTION,
        "tags": {"type": "dict", "required": True},
        "purge_scheduled": {"type": "bool", "default": False},
        "wait_until_empty": {"type": "int"},
    }

    def apply(self, options: dict[str, Any]) -> Result:
        return report(
            INVENTORIES[options["cloud"]](options),
            purge=options["purge_scheduled"],
            wait=options["wait_until_empty"],
            check=self.check_mode,
            progress=Progress(self.progress),
        )
