"""Everything in a Google Cloud project and region that carries a deployment's marks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..core.leftovers import Owned
from ..core.ownership import is_owned, marks
from ..core.waiting import Progress
from .discovery import kind_of, preload
from .resource.marks import labels_of, sharers
from .session import Session

# API, collection below the project, key of the list; {region} where the kind is regional.
KINDS = (
    ("run.v2", "locations/{region}/services", "services"),
    ("secretmanager.v1", "secrets", "secrets"),
    ("artifactregistry.v1", "locations/{region}/repositories", "repositories"),
    ("iam.v1", "serviceAccounts", "accounts"),
)
preload(*(api for api, _, _ in KINDS))


def inventory(options: Mapping[str, Any], _: Progress) -> GcpInventory:
    """The inventory that the CONNECTION ``options`` and ``tags`` name."""
    return GcpInventory(Session(options), options["tags"])


class GcpInventory:
    """Implements ``core.leftovers.Inventory``."""

    def __init__(self, session: Session, tags: Mapping[str, str]) -> None:
        self._session = session
        self._marks = marks(tags)
        self._region = str(session.options["region"])

    def find(self) -> Iterator[Owned]:
        what = f"what carries deployment={self._marks['deployment']}"
        for api, below, key in KINDS:
            collection = f"projects/{self._session.project}/{below.format(region=self._region)}"
            kind = kind_of(api, collection)
            for each in self._session.listed(kind.api, kind.prefix + collection, key, what):
                if self._is_ours(labels_of(kind, each)):
                    name = str(each["name"])
                    yield Owned(f"{kind.api}:{below.rpartition('/')[2]}", name, name.rpartition("/")[2])

    def purge(self, owned: Owned) -> None:
        """Never asked for: nothing here is only scheduled for deletion and holds its name."""

    def _is_ours(self, labels: Mapping[str, str]) -> bool:
        """What only other regions use is theirs."""
        shared = sharers(labels)
        return is_owned(labels, self._marks) and (not shared or self._region in shared)
