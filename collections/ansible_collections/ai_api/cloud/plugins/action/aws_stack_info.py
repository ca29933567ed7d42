"""ai_api.cloud.aws_stack_info: what a CloudFormation stack says about itself. Changes nothing."""

from __future__ import annotations

from typing import Any, ClassVar

from ..module_utils.aws.session import client, preload
from ..module_utils.aws.stack.client import Stack
from ..module_utils.aws.stack.wanted import outputs_of
from ..module_utils.core.action import CloudAction, Result
from ..module_utils.core.errors import not_there
from ..module_utils.core.options import CONNECTION

preload("cloudformation")


class ActionModule(CloudAction):
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {**CONNECTION, "name": {"type": "str", "required": True}}

    def apply(self, options: dict[str, Any]) -> Result:
        stack = Stack(client("cloudformation", options), options["name"]).read()
        if stack is None:
            raise not_there(f"stack {options['name']}", options["region"])
        return {"status": stack["StackStatus"], "outputs": outputs_of(stack)}
