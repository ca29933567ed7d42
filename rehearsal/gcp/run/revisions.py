"""Cloud Run's revisions, which are never changed."""

from __future__ import annotations

import asyncio
import re

from ..collection import Collection, Kind
from ..errors import ApiError
from ..operations import Operations
from ..rpc import Handlers, Json, Rpc, now
from . import records
from .deployer import Deployer

_REVISIONS = "run.projects.locations.services.revisions"
_TYPE = "type.googleapis.com/google.cloud.run.v2.Revision"
_SECONDS = 0.1
_KIND = Kind(
    collection="revisions",
    parameter="",
    pattern=re.compile(""),
    missing="Resource '{id}' of kind 'REVISION' in region '{location}' in project '{project}' "
    "does not exist.",
    exists="Revision named '{id}' with different configuration already exists.",
    rule="",
    newest=True,
)


class Revisions:
    def __init__(self) -> None:
        self._revisions = Collection(_KIND)

    def handlers(self, deployer: Deployer, operations: Operations) -> Handlers:
        def delete(rpc: Rpc) -> Json:
            record = self._revisions.find(rpc.name)
            if deployer.serves(rpc.name):
                text = f"Revision '{rpc.id}' gets traffic or has a tag: move them first."
                raise ApiError("FAILED_PRECONDITION", text)
            record["deleteTime"] = now()

            async def work() -> Json:
                await asyncio.sleep(_SECONDS)
                self._revisions.items.pop(rpc.name, None)
                return {"@type": _TYPE, **record}

            parent = rpc.name.partition("/services/")[0]
            return operations.start(f"{parent}/", lambda: {"@type": _TYPE, **record}, work()).view

        return {
            f"{_REVISIONS}.get": lambda rpc: self._revisions.find(rpc.name),
            f"{_REVISIONS}.list": lambda rpc: self._revisions.page(rpc, "revisions"),
            f"{_REVISIONS}.delete": delete,
        }

    def get(self, name: str) -> Json | None:
        return self._revisions.items.get(name)

    def check_name(self, service: Json) -> None:
        """Raise ApiError when the revision that the template names is there."""
        chosen = service["template"].get("revision", "")
        if f"{service['name']}/revisions/{chosen}" in self._revisions.items:
            raise ApiError("ALREADY_EXISTS", _KIND.exists.format(id=chosen))

    def add(self, service: Json, caller: str) -> Json:
        """A new revision of what the service's template says now."""
        record = records.new_revision(service, caller)
        self._revisions.items[record["name"]] = record
        service["latestCreatedRevision"] = record["name"]
        return record

    def drop(self, service: str) -> None:
        prefix = f"{service}/revisions/"
        for name in [name for name in self._revisions.items if name.startswith(prefix)]:
            del self._revisions.items[name]

    def clear(self) -> None:
        self._revisions.items.clear()
