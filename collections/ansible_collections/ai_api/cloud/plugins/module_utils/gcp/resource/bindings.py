"""Who may do what with a resource: its IAM policy, of which only the named roles are ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...core.changes import Change, compare
from ..errors import ApiError
from .job import Job

Bindings = Mapping[str, Sequence[str]]
VERSION = 3  # of policies: the one that tells of conditions


def apply(job: Job, bindings: Bindings) -> list[Change]:
    """Give each named role to exactly these members; returns what changed. Raises CloudError."""
    return job.patiently(lambda: _once(job, bindings))


def planned(job: Job, bindings: Bindings) -> list[Change]:
    """What would change, also where the resource is not there yet."""
    try:
        policy = _read(job)
    except ApiError as error:
        if not error.means_nothing_there:
            raise
        policy = {}
    return _changes(job, policy, bindings)


def members(policy: Mapping[str, Any], role: str) -> list[str]:
    """Who has the role without a condition; what is conditional is left alone."""
    return sorted({member for each in _of(policy, role) for member in each.get("members") or []})


def with_members(policy: Mapping[str, Any], bindings: Bindings) -> dict[str, Any]:
    """The ``policy`` with exactly these members in each named role, all else as it was."""
    named = [id(each) for role in bindings for each in _of(policy, role)]
    others = [each for each in policy.get("bindings") or [] if id(each) not in named]
    ours = [{"role": role, "members": sorted(set(given))} for role, given in bindings.items() if given]
    return {**policy, "version": VERSION, "bindings": [*others, *ours]}


def _once(job: Job, bindings: Bindings) -> list[Change]:
    policy = _read(job)
    changes = _changes(job, policy, bindings)
    if changes:
        body = {"policy": with_members(policy, bindings)}
        _call(job, "POST", "setIamPolicy", body=body)
    return changes


def _read(job: Job) -> dict[str, Any]:
    verb = str(job.kind.methods["getIamPolicy"]["httpMethod"])
    return _call(job, verb, "getIamPolicy", query={"options.requestedPolicyVersion": VERSION})


def _call(job: Job, verb: str, method: str, **content: Any) -> dict[str, Any]:
    action = "change who may use" if method == "setIamPolicy" else "read who may use"
    path = f"{job.kind.prefix}{job.path}:{method}"
    return job.session.call(verb, job.kind.api, path, action, job.shown, repeatable=True, **content)


def _changes(job: Job, policy: Mapping[str, Any], bindings: Bindings) -> list[Change]:
    before = {f"bindings[{role}]": members(policy, role) for role in bindings}
    after = {f"bindings[{role}]": sorted(set(given)) for role, given in bindings.items()}
    return compare(job.shown, before, after)


def _of(policy: Mapping[str, Any], role: str) -> list[Mapping[str, Any]]:
    found = policy.get("bindings") or []
    return [each for each in found if each.get("role") == role and "condition" not in each]
