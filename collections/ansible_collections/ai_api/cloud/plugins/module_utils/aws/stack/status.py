"""What a stack's status asks for before anything else can be done with it."""

from __future__ import annotations

from enum import Enum


class Step(Enum):
    GO_ON = "go on"  # it can be updated
    WAIT = "wait"  # another run is at it
    DELETE = "delete"  # what is there was never whole: remove it and create it again
    CONTINUE_ROLLBACK = "continue its roll-back"
    ROLL_BACK = "roll back"
    REFUSE = "refuse"  # only a person can tell


_STEPS = {
    "CREATE_COMPLETE": Step.GO_ON,
    "UPDATE_COMPLETE": Step.GO_ON,
    # What CloudFormation then reports as template, parameters and tags is what it rolled back to.
    "UPDATE_ROLLBACK_COMPLETE": Step.GO_ON,
    "IMPORT_COMPLETE": Step.GO_ON,
    "IMPORT_ROLLBACK_COMPLETE": Step.GO_ON,
    "CREATE_FAILED": Step.DELETE,
    "ROLLBACK_COMPLETE": Step.DELETE,
    "ROLLBACK_FAILED": Step.DELETE,
    "DELETE_FAILED": Step.DELETE,
    "REVIEW_IN_PROGRESS": Step.DELETE,  # holds nothing: a change set was made for it and never executed
    "UPDATE_FAILED": Step.ROLL_BACK,
    "UPDATE_ROLLBACK_FAILED": Step.CONTINUE_ROLLBACK,
}


def next_step(status: str) -> Step:
    known = _STEPS.get(status)
    if known:
        return known
    return Step.WAIT if status.endswith("_IN_PROGRESS") else Step.REFUSE


def in_progress(status: str) -> bool:
    return next_step(status) is Step.WAIT


def failed(status: str) -> bool:
    """Whether an operation that ended in ``status`` did not do what it was asked for."""
    return status.endswith("_FAILED") or "ROLLBACK" in status
