"""state: present: create the stack, update it, or find that there is nothing to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.changes import Change
from ...core.errors import CloudError
from ...core.later import later
from ...core.ownership import marks
from . import change_set, names
from .client import BusyError
from .job import Job, Outcome
from .plan import Picture, from_templates
from .recover import recovered
from .rollout import Rollout
from .settle import Services
from .status import Step, failed, next_step
from .wanted import Wanted, all_outputs, outputs_of, parameters_of, picture, tags_of

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef


def present(job: Job, wanted: Wanted) -> Outcome:
    marks(wanted.tags)
    busy = CloudError(f"No time is left for stack {wanted.name}")
    for waited in job.deadline.polls():
        found = recovered(job, wanted.tags)
        try:
            return _update(job, wanted, found) if found else _create(job, wanted)
        except BusyError as error:  # another run was faster: wait for it, then look again
            job.progress.say(f"{wanted.name}: {error.summary}", waited)
            busy = error
    raise busy


def _create(job: Job, wanted: Wanted) -> Outcome:
    changes = from_templates(Picture(), wanted.picture)
    if job.check:
        resources = {name: later(f"{name} of {wanted.name}") for name in wanted.picture.resources}
        return Outcome(True, "CREATE_COMPLETE", wanted.expected_outputs({}, Picture()), changes, resources)
    names.release(job, names.of_picture(wanted.picture), wanted.tags)
    stack_id = job.stack.create(wanted.change())
    return _completed(job, "create", stack_id, changes)


def _update(job: Job, wanted: Wanted, found: StackTypeDef) -> Outcome:
    if wanted.is_met_by(found):
        return _settled(job, found)
    changes: list[Change] = []
    if job.check or job.diff:
        template = job.stack.template()
        before = picture(template, parameters_of(found), tags_of(found), wanted.name, wanted.region)
        changes = _planned(job, wanted, found["StackStatus"], before) or [
            Change(wanted.name, "template", template.fingerprint(), wanted.fingerprint)
        ]
        if job.check:
            outputs = wanted.expected_outputs(outputs_of(found), before)
            return Outcome(True, found["StackStatus"], outputs, changes)
    if not job.stack.update(wanted.change()):
        return _settled(job, found)
    return _completed(job, "update", found["StackId"], changes)


def _completed(job: Job, action: str, stack_id: str, changes: list[Change]) -> Outcome:
    ended = job.wait(stack_id)
    if failed(ended["StackStatus"]):
        raise job.failure(action, stack_id, Services(job).why)
    for rollout in Rollout.declared(all_outputs(ended)):
        Services(job).settle(rollout, push=False)
    return Outcome(True, ended["StackStatus"], outputs_of(ended), changes, job.stack.physical_ids())


def _settled(job: Job, found: StackTypeDef) -> Outcome:
    """The stack is as wanted; its services may have strayed, or still be on their way."""
    rollouts = Rollout.declared(all_outputs(found))
    changes = [change for each in rollouts if (change := Services(job).settle(each, push=True))]
    resources = job.stack.physical_ids() if job.gather_resources else None
    return Outcome(bool(changes), found["StackStatus"], outputs_of(found), changes, resources)


def _planned(job: Job, wanted: Wanted, status: str, before: Picture) -> list[Change]:
    """The changes that an update would make; from a change set where CloudFormation can make one."""
    if wanted.is_certain and next_step(status) is Step.GO_ON:
        return change_set.changes(job, wanted, before)
    return from_templates(before, wanted.picture)
