"""ai_api.cloud.preflight: refuse a deployment that cannot succeed, before the first change."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, ClassVar

from ansible.errors import AnsibleError

from ..module_utils.core.action import CloudAction, Result
from ..module_utils.preflight.declared import Declared
from ..module_utils.preflight.examination import Machine, examine
from ..module_utils.preflight.variables import UnresolvedError, Variables


class ActionModule(CloudAction):
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "roles_path": {"type": "path", "required": True},
        "inventory_spec": {"type": "path", "required": True},
        "folder": {"type": "path", "default": "."},
        "folder_free_gib": {"type": "float", "default": 1.0},
        "engine_free_gib": {"type": "float", "default": 3.0},
    }

    def apply(self, options: dict[str, Any]) -> Result:
        declared = Declared.read(Path(options["roles_path"]), Path(options["inventory_spec"]))
        variables = Variables(declared, self.task_vars, self._evaluate)
        machine = Machine(
            os.environ, Path(options["folder"]), options["folder_free_gib"], options["engine_free_gib"]
        )
        problems, identity = examine(variables, machine)
        if not problems:
            return {"msg": f"Ready to deploy with {identity}", "identity": identity}
        return {
            "failed": True,
            "msg": "\n".join(
                [
                    f"Nothing was changed. Problems found: {len(problems)}",
                    *(f"- {problem}" for problem in problems),
                ]
            ),
        }

    def _evaluate(self, expression: Any) -> Any:
        try:
            return self._templar.template(expression)
        except AnsibleError as error:
            raise UnresolvedError(str(error).splitlines()[0]) from None
