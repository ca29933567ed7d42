"""What every step of one task on one resource shares, and waiting for what Google is doing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from ...core.errors import CloudError
from ...core.patience import patiently
from ...core.waiting import Deadline, Progress
from ..discovery import Kind, kind_of
from ..errors import ApiError
from ..session import Session
from . import types
from .operation import Operation, failure, is_done, path_of

T = TypeVar("T")
# Which resource it is.
NAMED: dict[str, dict[str, Any]] = {
    "api": {"type": "str", "required": True},
    "collection": {"type": "str", "required": True},
    "id": {"type": "str", "required": True},
}


@dataclass
class Job:
    """``id`` is the short name, ``name`` what follows the collection in the resource's path."""

    session: Session
    kind: Kind
    collection: str
    id: str
    deadline: Deadline
    progress: Progress
    check: bool = False

    @classmethod
    def of(cls, options: Mapping[str, Any], show: Callable[[str], None], *, check: bool) -> Job:
        """``options`` are CONNECTION and NAMED, and WAITING where something is waited for."""
        collection = options["collection"].strip("/")
        kind = kind_of(options["api"], collection)
        deadline = Deadline(options.get("wait_timeout", 0), options.get("poll_interval"))
        return cls(Session(options), kind, collection, options["id"], deadline, Progress(show), check)

    @property
    def name(self) -> str:
        return types.full_name(self.kind, self.collection, self.id)

    @property
    def path(self) -> str:
        return f"{self.collection}/{self.name}"

    @property
    def shown(self) -> str:
        return types.shown(self.kind, self.id)

    def read(self) -> dict[str, Any] | None:
        return self.session.find(self.kind.api, self.kind.prefix + self.path, self.shown)

    def create(self, body: Mapping[str, Any], **query: Any) -> Operation:
        """Begin; the answer is the operation, or the resource where that is all."""
        kind, wrapper = self.kind, self.kind.wrapper(self.kind.create)
        content: dict[str, Any] = dict(body)
        if kind.id_parameter:
            query[kind.id_parameter] = self.id
        elif wrapper:
            content = {"accountId": self.id, wrapper: content}
        else:
            content["name"] = self.id
        return self._call("POST", "create", self.collection, content, query)

    def patch(self, body: Mapping[str, Any], fields: list[str], etag: str | None, **query: Any) -> Operation:
        """Begin to replace ``fields`` by those of ``body``; refused where ``etag`` is not that of today."""
        kind, mask = self.kind, ",".join(fields)
        content: dict[str, Any] = dict(body)
        if etag and kind.has_etag:
            content["etag"] = etag
        if wrapper := kind.wrapper(kind.methods["patch"]):
            content = {wrapper: content, "updateMask": mask}
        elif kind.takes("patch", "updateMask"):
            query["updateMask"] = mask
        else:
            fingerprint = {name: value for name, value in body.items() if name == "fingerprint"}
            content = {**{name: body[name] for name in fields if name in body}, **fingerprint}
        return self._call("PATCH", "update", self.path, content, query)

    def delete(self, etag: str | None) -> None:
        """And wait until it is gone."""
        query = {"etag": etag} if etag and self.kind.takes("delete", "etag") else {}
        try:
            self.ended(self._call("DELETE", "delete", self.path, None, query), "delete")
        except ApiError as error:
            if not error.means_nothing_there:
                raise
        for waited in self.deadline.polls():
            if self.read() is None:
                return
            self.progress.say(f"{self.shown}: still there", waited)
        raise self.timeout("still there")

    def ended(self, operation: Operation, action: str) -> None:
        """Wait for the end of what was begun. Raises CloudError where it failed."""
        methods = {"create": "create", "update": "patch", "delete": "delete"}
        answered = self.kind.create if action == "create" else self.kind.methods[methods[action]]
        if not answered["response"]["$ref"].endswith("Operation"):
            return
        polls = self.deadline.polls()
        path = path_of(operation, self.kind.prefix, self.collection)
        while not is_done(operation):
            waited = next(polls, None)
            if waited is None:
                raise self.timeout("in progress")
            self.progress.say(f"{self.shown}: {action} in progress", waited)
            found = self.session.find(self.kind.api, path, f"the operation on {self.shown}")
            if found is None:  # Google keeps it for a while only; the resource tells
                return
            operation = found
        if error := failure(operation, action, self.shown):
            raise error

    def settled(self) -> dict[str, Any] | None:
        """The resource when nobody works on it; None when there is none."""
        for waited in self.deadline.polls():
            found = self.read()
            if found is None or not found.get("reconciling"):
                return found
            self.progress.say(f"{self.shown}: reconciling", waited)
        raise self.timeout("reconciling")

    def patiently(self, attempt: Callable[[], T]) -> T:
        return patiently(attempt, self.shown, self.session.options, self.deadline, self.progress)

    def timeout(self, state: str) -> CloudError:
        return CloudError(
            f"{self.shown} is {state} after {self.deadline.seconds:.0f} s",
            next_step="It goes on without us: run again to wait on, or raise wait_timeout.",
        )

    def _call(self, method: str, action: str, path: str, body: Any, query: Mapping[str, Any]) -> Operation:
        return self.session.call(
            method,
            self.kind.api,
            self.kind.prefix + path,
            action,
            self.shown,
            body=body,
            query=query,
            repeatable=True,  # a name can be taken only once
        )
