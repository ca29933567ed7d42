"""Answers requests to ARM: finds the type, checks the request, and leaves to the type what is its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...core.asgi import Request, Response
from ..cloud import Cloud
from . import ids
from .changes import Changes
from .errors import ArmError, answer, not_found
from .kind import Kind
from .operations import patience
from .subscription import Subscription


class Engine:
    def __init__(self, cloud: Cloud, kinds: Iterable[Kind], groups: Kind) -> None:
        self._cloud = cloud
        self._groups = groups
        self._kinds = {kind.full.casefold(): kind for kind in (*kinds, groups)}
        self._changes = Changes(cloud, self._kinds)
        self._subscription = Subscription(cloud, self._kinds)

    def answer(self, request: Request) -> Response:
        try:
            return self._answer(request)
        except ArmError as error:
            return error.response()

    def kind_of(self, path: ids.Path) -> Kind | None:
        """The type that a path is about."""
        if not path.namespace:
            listed = path.types.casefold() == "resourcegroups"
            return self._groups if listed or (path.group and not path.steps) else None
        return self._kinds.get(f"{path.namespace}/{path.steps[0]}".casefold()) if path.steps else None

    def _answer(self, request: Request) -> Response:
        path = ids.parse(request.path)
        version = ids.version_of(request)
        if not version:
            raise ArmError(
                400,
                "MissingApiVersionParameter",
                "The api-version query parameter (?api-version=) is required for all requests.",
            )
        if path is None:
            return self._subscription.listed(request)
        if path.subscription.casefold() != self._cloud.config.subscription_id.casefold():
            message = f"The subscription '{path.subscription}' could not be found."
            raise ArmError(404, "SubscriptionNotFound", message)
        if path.types.casefold() in ("locations/operationstatuses", "locations/operationresults"):
            return self._cloud.operations.answer(path.steps[2].casefold(), path.steps[3])
        answered = self._subscription.answer(path, request)
        if answered:
            return answered
        kind = self.kind_of(path)
        if kind is None:
            raise _unknown_type(path)
        _check_version(kind, version)
        return self._of_kind(kind, path, request)

    def _of_kind(self, kind: Kind, path: ids.Path, request: Request) -> Response:
        early = kind.action_of_type(path, request)
        if early:
            return early
        if path.group and kind is not self._groups:
            self._group(path.group)
        names = (path.group,) if kind is self._groups else path.names
        if not names or not names[0]:
            return self._list(kind, path, request)
        if len(path.steps) > 2 and kind is not self._groups:
            return self._below(kind, path, request)
        if request.method == "GET":
            record = self._found(kind, path, names[0])
            return answer(self._changes.shown(kind, record), 200, patience(record.busy))
        if request.method == "HEAD":
            self._found(kind, path, names[0])
            return Response(204)
        change = {
            "PUT": self._changes.put,
            "PATCH": self._changes.patch,
            "DELETE": self._changes.delete,
        }.get(request.method)
        if change is None:
            raise ArmError(405, "MethodNotAllowed", f"{request.method} is not supported by '{kind.full}'.")
        group = self._group(path.group, changing=True) if path.group and kind is not self._groups else ""
        return change(kind, path, group, names[0], request)

    def _group(self, name: str, *, changing: bool = False) -> str:
        """Its name as it was created. Raise ArmError when it is not there, or on its way out."""
        record = self._cloud.store.get(f"{self._cloud.subscription}/resourceGroups/{name}")
        if record and changing and record.busy:
            message = (
                f"The resource group '{name}' is in deprovisioning state and cannot perform this operation."
            )
            raise ArmError(409, "ResourceGroupBeingDeleted", message)
        if record:
            return record.name
        raise ArmError(404, "ResourceGroupNotFound", f"Resource group '{name}' could not be found.")

    def _list(self, kind: Kind, path: ids.Path, request: Request) -> Response:
        if request.method != "GET":
            raise ArmError(405, "MethodNotAllowed", f"{request.method} needs the name of a '{kind.full}'.")
        below = path.scope if kind is not self._groups else ""
        records = self._cloud.store.of_kind(kind.full, below)
        return answer({"value": [self._changes.shown(kind, record) for record in records]})

    def _below(self, kind: Kind, path: ids.Path, request: Request) -> Response:
        record = self._found(kind, path, path.names[0])
        found = kind.action(record, path.steps[2:], request)
        if found is None:
            raise _unknown_type(path)
        return found

    def _found(self, kind: Kind, path: ids.Path, name: str) -> Any:
        record = self._cloud.store.get(kind.identity(path, name, path.group))
        if record is None:
            if kind is self._groups:
                self._group(name)
            raise not_found(kind.full, name, path.group)
        return record


def _check_version(kind: Kind, version: str) -> None:
    if version not in kind.versions:
        raise ArmError(
            400,
            "NoRegisteredProviderFound",
            f"No registered resource provider found for location 'global' and API version '{version}' for "
            f"type '{kind.type}'. The supported api-versions are '{', '.join(kind.versions)}'.",
        )


def _unknown_type(path: ids.Path) -> ArmError:
    return ArmError(
        404,
        "InvalidResourceType",
        f"The resource type '{path.types}' could not be found in the namespace '{path.namespace}'.",
    )
