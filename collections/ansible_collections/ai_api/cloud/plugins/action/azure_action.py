"""azure_action: what Azure tells on a POST only. Documented in plugins/modules/azure_action.py."""

from __future__ import annotations

from typing import Any, ClassVar

from ..module_utils.azure.resource.operation import content_of
from ..module_utils.azure.resource.types import expected, is_known, shown, type_of
from ..module_utils.azure.session import Session
from ..module_utils.core.action import CloudAction, Result
from ..module_utils.core.errors import CloudError
from ..module_utils.core.options import CONNECTION


class ActionModule(CloudAction):
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        **CONNECTION,
        "id": {"type": "str", "required": True},
        "api_version": {"type": "str", "required": True},
        "action": {"type": "str", "required": True},
    }

    def apply(self, options: dict[str, Any]) -> Result:
        if not self._task.no_log:
            raise CloudError(
                f"{options['action']} tells secrets, and this task would show them",
                next_step="Set no_log: true on the task.",
            )
        session = Session(options)
        path, action = session.full_id(options["id"]), options["action"]
        try:
            known = is_known(path)
            if known:
                answer = session.arm(
                    "POST",
                    f"{path}/{action}",
                    f"ask {action} of",
                    shown(path),
                    version=options["api_version"],
                )
                return {"result": content_of(answer)}
        except CloudError as error:
            if not self.check_mode or getattr(error, "status", 0) != 404:
                raise
        return {"result": expected(path, {}, f"{type_of(path)}/{action}")}
