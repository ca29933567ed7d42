"""aws_stack: one CloudFormation stack as wanted. Documented in plugins/modules/aws_stack.py."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from ansible_collections.ai_api.cloud.plugins.module_utils.aws.session import client, preload
from ansible_collections.ai_api.cloud.plugins.module_utils.aws.stack.absent import absent
from ansible_collections.ai_api.cloud.plugins.module_utils.aws.stack.client import Stack
from ansible_collections.ai_api.cloud.plugins.module_utils.aws.stack.job import Job
from ansible_collections.ai_api.cloud.plugins.module_utils.aws.stack.present import present
from ansible_collections.ai_api.cloud.plugins.module_utils.aws.stack.template import Template
from ansible_collections.ai_api.cloud.plugins.module_utils.aws.stack.wanted import Wanted
from ansible_collections.ai_api.cloud.plugins.module_utils.core.action import CloudAction, Result
from ansible_collections.ai_api.cloud.plugins.module_utils.core.changes import as_diff
from ansible_collections.ai_api.cloud.plugins.module_utils.core.options import CONNECTION, WAITING
from ansible_collections.ai_api.cloud.plugins.module_utils.core.waiting import Deadline, Progress

preload("cloudformation", "ecs", "secretsmanager")


class ActionModule(CloudAction):
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        **CONNECTION,
        **WAITING,
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "template": {"type": "str"},
        "parameters": {"type": "dict", "default": {}},
        "properties": {"type": "dict", "default": {}},
        "tags": {"type": "dict", "required": True},
        "capabilities": {"type": "list", "elements": "str", "default": []},
        "protected_resources": {"type": "list", "elements": "str", "default": []},
        "gather_resources": {"type": "bool", "default": False},
    }
    RULES: ClassVar[dict[str, Any]] = {"required_if": [("state", "present", ["template"])]}

    def apply(self, options: dict[str, Any]) -> Result:
        tags = {name: str(value) for name, value in options["tags"].items()}
        job = Job(
            stack=Stack(client("cloudformation", options), options["name"]),
            connect=partial(client, options=options),
            deadline=Deadline(options["wait_timeout"], options["poll_interval"]),
            progress=Progress(self.progress),
            check=self.check_mode,
            diff=self.wants_diff,
            gather_resources=options["gather_resources"],
        )
        if options["state"] == "absent":
            outcome = absent(job, tags)
        else:
            template = Template.read(self._find_needle("files", options["template"]))
            wanted = Wanted(
                name=options["name"],
                region=options["region"],
                template=template.completed(options["properties"]),
                given=options["parameters"],
                tags=tags,
                capabilities=options["capabilities"],
                protected=options["protected_resources"],
            )
            outcome = present(job, wanted)
        return {
            "changed": outcome.changed,
            "status": outcome.status,
            "outputs": outcome.outputs,
            **({} if outcome.resources is None else {"resources": outcome.resources}),
            "diff": as_diff(f"stack {options['name']}", outcome.changes),
            **({"warnings": job.warnings} if job.warnings else {}),
        }
