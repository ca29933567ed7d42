"""Who may do what: the allow policies of resources."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy

from .errors import ApiError
from .roles import ROLES, allows
from .rpc import Handlers, Json, Rpc, bytes_etag

_EMPTY_ETAG = "ACAB"
_PUBLIC = ("allUsers", "allAuthenticatedUsers")
_MEMBER = re.compile(
    r"(user|group|domain|projectOwner|projectEditor|projectViewer|serviceAccount|deleted:serviceAccount):\S+"
    r"|principal(Set)?://\S+"
)
_ROLE = re.compile(r"(projects|organizations)/[^/]+/roles/\w+")


class Policies:
    """By full resource name. ``exists`` says whether a service account is there for others to see."""

    def __init__(self, exists: Callable[[str], bool]) -> None:
        self._exists = exists
        self._policies: dict[str, Json] = {}

    def get(self, resource: str) -> Json:
        return deepcopy(self._policies.get(resource, {"etag": _EMPTY_ETAG}))

    def set(self, resource: str, policy: Json) -> Json:
        """Raise ApiError for a policy that cannot be, or that was changed by someone else in between."""
        self._check(policy)
        if policy.get("etag", "") not in ("", self.get(resource)["etag"]):
            raise ApiError(
                "ABORTED",
                "There were concurrent policy changes. "
                "Please retry the whole read-modify-write with exponential backoff.",
            )
        bindings = [deepcopy(one) for one in policy.get("bindings", []) if one.get("members")]
        version = 3 if any("condition" in one for one in bindings) else 1
        self._policies[resource] = {"version": version, "etag": bytes_etag()}
        if bindings:
            self._policies[resource]["bindings"] = bindings
        return self.get(resource)

    def drop(self, resource: str) -> None:
        for name in [name for name in self._policies if name == resource or name.startswith(f"{resource}/")]:
            del self._policies[name]

    def rename(self, before: str, after: str) -> None:
        """A member is known by another name from now on: a service account was deleted, or is back."""
        for policy in self._policies.values():
            for binding in policy.get("bindings", []):
                binding["members"] = [after if one == before else one for one in binding["members"]]

    def allow(self, member: str, permission: str, resource: str) -> bool:
        """Whether a member, such as ``serviceAccount:<email>``, has a permission there or above."""
        return any(
            allows(binding["role"], permission)
            for name in _upwards(resource)
            for binding in self.get(name).get("bindings", [])
            if member in binding["members"] or "allUsers" in binding["members"]
        )

    def clear(self) -> None:
        self._policies.clear()

    def _check(self, policy: Json) -> None:
        for binding in policy.get("bindings", []):
            role = binding.get("role", "")
            if role not in ROLES and not _ROLE.fullmatch(role):
                raise ApiError("INVALID_ARGUMENT", f"Role {role} is not supported for this resource.")
            if "condition" in binding and policy.get("version") != 3:
                raise ApiError("INVALID_ARGUMENT", "Policies with conditions must have version 3.")
            for member in binding.get("members", []):
                self._check_member(member)

    def _check_member(self, member: str) -> None:
        if member in _PUBLIC:
            return
        if not _MEMBER.fullmatch(member):
            raise ApiError("INVALID_ARGUMENT", f"The member {member} is of an unknown type.")
        kind, _, email = member.partition(":")
        if kind == "serviceAccount" and not self._exists(email):
            raise ApiError("INVALID_ARGUMENT", f"Service account {email} does not exist.")


def _upwards(resource: str) -> list[str]:
    """The resource and all that it is in, up to its project."""
    parts = resource.split("/")
    return ["/".join(parts[:length]) for length in range(len(parts), 1, -2)]


def handlers(
    prefix: str, policies: Policies, find: Callable[[str], object], rename: Callable[[str], str] = str
) -> Handlers:
    """The three methods on policies of a collection such as ``run.projects.locations.services``.

    ``find`` raises ApiError for a resource that does not exist; ``rename`` gives the name that it is kept by.
    """

    def get(rpc: Rpc) -> Json:
        find(rpc.name)
        requested = rpc.query.get("options.requestedPolicyVersion", 0)
        if requested not in (0, 1, 3):
            raise ApiError("INVALID_ARGUMENT", f"Invalid requested policy version: {requested}.")
        return policies.get(rename(rpc.name))

    def put(rpc: Rpc) -> Json:
        find(rpc.name)
        if "policy" not in rpc.body:
            raise ApiError("INVALID_ARGUMENT", "The policy is required.")
        return policies.set(rename(rpc.name), rpc.body["policy"])

    def test(rpc: Rpc) -> Json:
        member, asked = f"serviceAccount:{rpc.caller}", rpc.body.get("permissions", [])
        allowed = [one for one in asked if policies.allow(member, one, rename(rpc.name))]
        return {"permissions": allowed} if allowed else {}

    return {
        f"{prefix}.getIamPolicy": get,
        f"{prefix}.setIamPolicy": put,
        f"{prefix}.testIamPermissions": test,
    }
