"""From whatever state a stack was left in, to one that can be worked with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...core.errors import CloudError
from ...core.ownership import refuse_foreign
from . import delete, events
from .job import Job
from .status import Step, next_step
from .wanted import tags_of

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef


TRIES = 6  # a stack needs two steps at most; more is another run at work, or a stack that keeps failing


def recovered(job: Job, tags: Mapping[str, str]) -> StackTypeDef | None:
    """The stack, ready to be updated; None where it is to be created. Refuses one that is not ours.

    In check mode nothing is touched: a stack that would be deleted counts as not there.
    """
    skipped = False
    for _ in range(TRIES):
        found = job.stack.read()
        if found is None:
            return None
        refuse_foreign(f"Stack {job.stack.name}", tags_of(found), tags)
        stack_id = found["StackId"]
        step = next_step(found["StackStatus"])
        if step is Step.GO_ON:
            return found
        if step is Step.WAIT:
            job.wait(stack_id)
        elif step is Step.REFUSE:
            raise CloudError(
                f"Stack {job.stack.name} is {found['StackStatus']}, which this run cannot mend",
                next_step="Bring it to a stable state by hand (CloudFormation console), then run again.",
            )
        elif job.check:
            job.progress.say(f"{job.stack.name}: {found['StackStatus']}, would {step.value}", 0)
            return None if step is Step.DELETE else found
        elif step is Step.DELETE:
            delete.and_wait(job, found)
        elif step is Step.ROLL_BACK:
            job.stack.roll_back()
            job.wait(stack_id)
        else:
            skipped = _continue_rollback(job, stack_id, second_try=skipped)
    raise CloudError(
        f"Stack {job.stack.name} cannot be brought to a state that can be updated",
        next_step=f"See `aws cloudformation describe-stack-events --stack-name {job.stack.name}`.",
    )


def _continue_rollback(job: Job, stack_id: str, *, second_try: bool) -> bool:
    """First as it is; if that fails too, without the resources that hold it up, and those are named."""
    stuck = events.stuck(job.stack.events(stack_id)) if second_try else []
    if second_try and not stuck:
        raise job.failure("continue the roll-back of", stack_id)
    if second_try:
        job.warnings.append(
            f"Stack {job.stack.name}: the roll-back skipped {', '.join(stuck)}; compare with "
            f"`aws cloudformation detect-stack-drift --stack-name {job.stack.name}`."
        )
    job.stack.continue_rollback(stuck)
    job.wait(stack_id)
    return True
