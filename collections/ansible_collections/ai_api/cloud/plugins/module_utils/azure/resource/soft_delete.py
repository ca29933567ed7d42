"""Vaults and workspaces that are deleted, but only softly: they hold their names for days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from ...core.changes import Change
from ...core.errors import CloudError
from ...core.leftovers import SCHEDULED
from ...core.ownership import refuse_foreign
from ..session import Session
from .job import Job
from .types import name_of, shown, type_of
from .wanted import Wanted

VAULTS, WORKSPACES = "Microsoft.KeyVault/vaults", "Microsoft.OperationalInsights/workspaces"
GROUPS = "2025-04-01"
VERSIONS = {VAULTS: "2026-05-15", WORKSPACES: "2025-07-01"}
RECOVER, PURGE, REFUSE = "recover", "purge", "refuse"
DONE = {RECOVER: "recovered", PURGE: "purged"}


class Deleted(NamedTuple):
    """``id`` is what the resource had, ``path`` where Azure keeps it now."""

    id: str
    path: str
    location: str
    tags: Mapping[str, str]


def find(session: Session, resource_id: str) -> Deleted | None:
    """What is left of the resource; one read, for the types that are deleted softly."""
    listed = _LISTS.get(type_of(resource_id))
    found = listed(session) if listed else iter(())
    return next((each for each in found if each.id.casefold() == resource_id.casefold()), None)


def everything(session: Session) -> Iterator[Deleted]:
    for listed in _LISTS.values():
        yield from listed(session)


def planned(held: Deleted, wanted: Wanted) -> list[Change]:
    """Raises CloudError where it is not ours to touch, or shall not be touched."""
    what = f"{shown(held.id)}, which is {SCHEDULED},".capitalize()
    refuse_foreign(what, held.tags, wanted.tags or {})
    if wanted.on_deleted == REFUSE:
        raise CloudError(
            f"{what} holds the name",
            next_step="Set soft_deleted to recover or purge, or choose another name.",
        )
    return [Change(shown(held.id), "state", SCHEDULED, DONE[wanted.on_deleted])]


def release(job: Job, wanted: Wanted, held: Deleted) -> None:
    if wanted.on_deleted == PURGE:
        purge(job, held)
    elif type_of(held.id) == VAULTS:
        body = {**wanted.declared, "properties": {**wanted.declared["properties"], "createMode": "recover"}}
        job.send("PUT", "recover", body)
        job.finished()
    # A workspace is recovered by the PUT that would create it.


def purge(job: Job, held: Deleted) -> None:
    """Delete for good. Raises CloudError."""
    version = VERSIONS[type_of(held.id)]
    if type_of(held.id) == VAULTS:
        replace(job, id=held.path, version=version).send("POST", "purge", path="/purge")
        return
    # A workspace can be deleted for good only while it is there, and for that its group must be.
    group = replace(job, id=held.id.partition("/providers/")[0], version=GROUPS)
    tags, gone = dict(held.tags), group.read() is None
    if gone:
        group.send("PUT", "create", {"location": held.location, "tags": tags})
    workspace = replace(job, id=held.id, version=version)
    workspace.send("PUT", "recover", {"location": held.location, "tags": tags})
    workspace.finished()
    workspace.send("DELETE", "delete", query={"force": "true"})
    if gone:
        group.send("DELETE", "delete")


def _vaults(session: Session) -> Iterator[Deleted]:
    path = f"{session.subscription}/providers/Microsoft.KeyVault/deletedVaults"
    for vault in session.listed(path, VERSIONS[VAULTS], "soft-deleted vaults"):
        kept = vault["properties"]
        yield Deleted(kept["vaultId"], vault["id"], kept["location"], kept.get("tags") or {})


def _workspaces(session: Session) -> Iterator[Deleted]:
    path = f"{session.subscription}/providers/Microsoft.OperationalInsights/deletedWorkspaces"
    for each in session.listed(path, VERSIONS[WORKSPACES], "soft-deleted workspaces"):
        yield Deleted(_workspace_id(each), each["id"], each["location"], each.get("tags") or {})


def _workspace_id(deleted: Mapping[str, Any]) -> str:
    group = str(deleted["id"]).partition("/providers/")[0]
    return f"{group}/providers/{WORKSPACES}/{name_of(deleted['id'])}"


_LISTS = {VAULTS: _vaults, WORKSPACES: _workspaces}
