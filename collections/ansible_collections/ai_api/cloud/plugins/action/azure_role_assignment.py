"""azure_role_assignment: who may do what. Documented in plugins/modules/azure_role_assignment.py."""

from __future__ import annotations

from typing import Any, ClassVar

from ..module_utils.azure import role_assignment
from ..module_utils.azure.resource.absent import absent
from ..module_utils.azure.resource.job import Job
from ..module_utils.azure.resource.present import present
from ..module_utils.azure.resource.soft_delete import RECOVER
from ..module_utils.azure.resource.wanted import Wanted
from ..module_utils.azure.session import Session
from ..module_utils.core.action import CloudAction, Result
from ..module_utils.core.options import CONNECTION, WAITING


class ActionModule(CloudAction):
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        **CONNECTION,
        **WAITING,
        "scope": {"type": "str", "required": True},
        "principal": {"type": "str"},
        "principal_type": {
            "type": "str",
            "choices": ["ServicePrincipal", "User", "Group"],
        },
        "role": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "tags": {"type": "dict", "required": True},
    }

    def apply(self, options: dict[str, Any]) -> Result:
        session = Session(options)
        scope, role = session.full_id(options["scope"]), options["role"]
        myself = session.caller() if not options["principal"] else None
        principal = myself.object_id if myself else options["principal"]
        job = Job.of(
            options,
            role_assignment.id_of(scope, principal, role),
            role_assignment.VERSION,
            self.progress,
            check=self.check_mode,
        )
        if options["state"] == "absent":
            outcome = absent(job, None, RECOVER)
        else:
            kind = options["principal_type"] or (myself.kind if myself else role_assignment.IDENTITY)
            said = role_assignment.description(options["tags"], options["region"])
            outcome = present(
                job, Wanted(job.id, role_assignment.body(session.subscription, principal, role, kind, said))
            )
        return outcome.as_result(job.shown)
