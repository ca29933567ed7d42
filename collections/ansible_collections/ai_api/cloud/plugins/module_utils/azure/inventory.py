"""Everything in an Azure region that carries a deployment's marks, also what is deleted only softly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..core.leftovers import SCHEDULED, Owned
from ..core.ownership import is_owned, marks
from ..core.waiting import Deadline, Progress
from . import role_assignment
from .resource import soft_delete
from .resource.job import Job
from .resource.shape import squeezed
from .resource.types import name_of, type_of
from .session import Session

PURGE_TIME = 600.0  # seconds
ROLES = f"/providers/{role_assignment.KIND}"


def inventory(options: Mapping[str, Any], progress: Progress) -> AzureInventory:
    """The inventory that the CONNECTION ``options`` and ``tags`` name."""
    return AzureInventory(Session(options), options["tags"], progress)


class AzureInventory:
    """Implements ``core.leftovers.Inventory``."""

    def __init__(self, session: Session, tags: Mapping[str, str], progress: Progress) -> None:
        self._session = session
        self._marks = marks(tags)
        self._region = squeezed(session.options["region"])
        self._progress = progress

    def find(self) -> Iterator[Owned]:
        what = f"what carries deployment={self._marks['deployment']}"
        only = {"$filter": f"tagName eq 'deployment' and tagValue eq '{self._marks['deployment']}'"}
        for kind in ("resourcegroups", "resources"):
            path = f"{self._session.subscription}/{kind}"
            for each in self._session.listed(path, soft_delete.GROUPS, what, only):
                if self._is_ours(each.get("tags"), each.get("location")):
                    yield owned(each["id"], _state(each))
        for held in soft_delete.everything(self._session):
            if self._is_ours(held.tags, held.location):
                yield owned(held.id, SCHEDULED)
        yield from self._role_assignments(what)

    def purge(self, owned: Owned) -> None:
        held = soft_delete.find(self._session, owned.id)
        if held:  # else it is gone meanwhile
            job = Job(self._session, held.path, "", Deadline(PURGE_TIME), self._progress)
            soft_delete.purge(job, held)

    def _role_assignments(self, what: str) -> Iterator[Owned]:
        said = role_assignment.description(self._marks, self._session.options["region"])
        path = f"{self._session.subscription}{ROLES}"
        for each in self._session.listed(path, role_assignment.VERSION, what):
            if each["properties"].get("description") == said:
                yield owned(each["id"])

    def _is_ours(self, tags: Mapping[str, str] | None, location: str | None) -> bool:
        return is_owned(tags or {}, self._marks) and squeezed(location or "") == self._region


def owned(resource_id: str, state: str = "") -> Owned:
    """``Microsoft.App/containerApps`` is ``app:containerApps`` here, as ``ecr:repository`` is on AWS."""
    service, _, kind = type_of(resource_id).removeprefix("Microsoft.").rpartition("/")
    return Owned(f"{service.casefold() or 'resources'}:{kind}", resource_id, name_of(resource_id), state)


def _state(resource: Mapping[str, Any]) -> str:
    return str((resource.get("properties") or {}).get("provisioningState") or "")
