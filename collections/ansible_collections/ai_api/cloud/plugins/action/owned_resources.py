"""owned_resources: what carries a deployment's marks. Documented in plugins/modules/owned_resources.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ansible_collections.ai_api.cloud.plugins.module_utils.aws import inventory as aws
from ansible_collections.ai_api.cloud.plugins.module_utils.azure import inventory as azure
from ansible_collections.ai_api.cloud.plugins.module_utils.core.action import CloudAction, Result
from ansible_collections.ai_api.cloud.plugins.module_utils.core.leftovers import Inventory, report
from ansible_collections.ai_api.cloud.plugins.module_utils.core.options import CONNECTION
from ansible_collections.ai_api.cloud.plugins.module_utils.core.waiting import Progress
from ansible_collections.ai_api.cloud.plugins.module_utils.gcp import inventory as gcp

INVENTORIES: dict[str, Callable[[Mapping[str, Any], Progress], Inventory]] = {
    "aws": aws.inventory,
    "gcp": gcp.inventory,
    "azure": azure.inventory,
}


class ActionModule(CloudAction):
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        **CONNECTION,
        "tags": {"type": "dict", "required": True},
        "purge_scheduled": {"type": "bool", "default": False},
        "wait_until_empty": {"type": "int"},
    }

    def apply(self, options: dict[str, Any]) -> Result:
        progress = Progress(self.progress)
        return report(
            INVENTORIES[options["cloud"]](options, progress),
            purge=options["purge_scheduled"],
            wait=options["wait_until_empty"],
            check=self.check_mode,
            progress=progress,
        )
