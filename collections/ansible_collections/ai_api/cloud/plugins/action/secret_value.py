"""secret_value: a value in the cloud's secret store. Documented in plugins/modules/secret_value.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ansible_collections.ai_api.cloud.plugins.module_utils.aws import secret as aws
from ansible_collections.ai_api.cloud.plugins.module_utils.aws.session import preload
from ansible_collections.ai_api.cloud.plugins.module_utils.azure import key_vault as azure
from ansible_collections.ai_api.cloud.plugins.module_utils.core.action import CloudAction, Result
from ansible_collections.ai_api.cloud.plugins.module_utils.core.options import CONNECTION
from ansible_collections.ai_api.cloud.plugins.module_utils.core.secrets import Store, put_value
from ansible_collections.ai_api.cloud.plugins.module_utils.core.waiting import Progress
from ansible_collections.ai_api.cloud.plugins.module_utils.gcp import secret_manager as gcp

STORES: dict[str, Callable[[Mapping[str, Any], Progress], Store]] = {
    "aws": aws.store,
    "gcp": gcp.store,
    "azure": azure.store,
}
preload("secretsmanager")


class ActionModule(CloudAction):
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        **CONNECTION,
        "reference": {"type": "str", "required": True},
        "value": {"type": "str", "required": True, "no_log": True},
    }

    def apply(self, options: dict[str, Any]) -> Result:
        store = STORES[options["cloud"]](options, Progress(self.progress))
        return put_value(store, options["reference"], options["value"], check=self.check_mode)
