"""gcp_resource: one resource of Google Cloud as declared. Documented in plugins/modules/gcp_resource.py."""

from __future__ import annotations

from typing import Any, ClassVar

from ..module_utils.core.action import CloudAction, Result
from ..module_utils.core.options import CONNECTION, WAITING
from ..module_utils.core.outcome import Outcome
from ..module_utils.gcp.discovery import preload
from ..module_utils.gcp.resource import bindings
from ..module_utils.gcp.resource.absent import absent
from ..module_utils.gcp.resource.job import NAMED, Job
from ..module_utils.gcp.resource.present import present
from ..module_utils.gcp.resource.wanted import Wanted

preload("artifactregistry.v1", "iam.v1", "run.v2", "secretmanager.v1")


class ActionModule(CloudAction):
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        **CONNECTION,
        **WAITING,
        **NAMED,
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "body": {"type": "dict", "default": {}},
        "labels": {"type": "dict"},
        "shared_by": {"type": "str"},
        "bindings": {"type": "dict"},
        "replace": {"type": "bool", "default": False},
    }
    RULES: ClassVar[dict[str, Any]] = {"required_by": {"shared_by": ["labels"]}}

    def apply(self, options: dict[str, Any]) -> Result:
        job = Job.of(options, self.progress, check=self.check_mode)
        labels = options["labels"] and {name: str(value) for name, value in options["labels"].items()}
        if options["state"] == "absent":
            return absent(job, labels, options["shared_by"]).as_result(job.shown)
        wanted = Wanted(job.kind, options["body"], labels, options["shared_by"])
        outcome = present(job, wanted, replace=options["replace"])
        return _bound(job, outcome, options["bindings"]).as_result(job.shown)


def _bound(job: Job, outcome: Outcome, wanted: bindings.Bindings | None) -> Outcome:
    """The outcome with that of the bindings, which come after the resource."""
    if not wanted:
        return outcome
    changes = bindings.planned(job, wanted) if job.check else bindings.apply(job, wanted)
    return Outcome(outcome.changed or bool(changes), outcome.resource, [*outcome.changes, *changes])
