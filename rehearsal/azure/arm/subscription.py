"""What ARM answers of the subscription itself: its providers, its resources by tag, itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...core.asgi import Request, Response
from ..cloud import Cloud
from .errors import ArmError, answer
from .ids import Path
from .kind import Kind
from .locations import LOCATIONS
from .store import Record

_TAG = re.compile(r"tagName eq '([^']*)'( and tagValue eq '([^']*)')?")
_TYPE = re.compile(r"resourceType eq '([^']*)'")


class Subscription:
    def __init__(self, cloud: Cloud, kinds: Mapping[str, Kind]) -> None:
        self._cloud = cloud
        self._kinds = kinds

    def listed(self, request: Request) -> Response:
        if request.path.rstrip("/").casefold() == "/subscriptions" and request.method == "GET":
            return answer({"value": [self._itself()]})
        raise ArmError(404, "NotFound", f"There is nothing at '{request.path}'.")

    def answer(self, path: Path, request: Request) -> Response | None:
        """None for what is a resource's."""
        if request.method == "GET" and not path.namespace:
            if not path.group and not path.steps:
                return answer(self._itself())
            if path.types.casefold() == "resources":
                return answer({"value": self._resources(path, request)})
            if path.types.casefold() == "locations" and not path.group:
                return answer({"value": [self._location(*each) for each in LOCATIONS.items()]})
        if path.namespace and not path.group and path.steps in ((), ("register",)):
            return answer({**self._provider(path.namespace), "id": path.scope})
        return None

    def _itself(self) -> dict[str, Any]:
        return {
            "id": self._cloud.subscription,
            "subscriptionId": self._cloud.config.subscription_id,
            "tenantId": self._cloud.config.tenant_id,
            "displayName": "Rehearsal",
            "state": "Enabled",
        }

    def _location(self, name: str, display_name: str) -> dict[str, Any]:
        identity = f"{self._cloud.subscription}/locations/{name}"
        return {"id": identity, "name": name, "displayName": display_name, "type": "Region"}

    def _provider(self, namespace: str) -> dict[str, Any]:
        ours = [kind for kind in self._kinds.values() if kind.namespace.casefold() == namespace.casefold()]
        if not ours:
            message = f"The resource namespace '{namespace}' is invalid."
            raise ArmError(404, "InvalidResourceNamespace", message)
        types = [{"resourceType": kind.type, "apiVersions": list(kind.versions)} for kind in ours]
        return {"namespace": ours[0].namespace, "registrationState": "Registered", "resourceTypes": types}

    def _resources(self, path: Path, request: Request) -> list[dict[str, Any]]:
        """``$filter`` by a tag or by the type, as ARM allows; what has no location is no tracked resource."""
        wanted = request.query.get("$filter", [""])[0]
        tag, kind = _TAG.fullmatch(wanted), _TYPE.fullmatch(wanted)
        if wanted and not tag and not kind:
            raise ArmError(
                400, "InvalidFilterInQueryString", f"Invalid $filter '{wanted}' specified in the query."
            )
        below = (
            f"{self._cloud.subscription}/resourceGroups/{path.group}"
            if path.group
            else self._cloud.subscription
        )
        found = []
        for record in self._cloud.store.below(below):
            kept = record.body.get("tags") or {}
            if tag and (tag[1] not in kept or (tag[2] and kept[tag[1]] != tag[3])):
                continue
            if kind and record.kind.casefold() != kind[1].casefold():
                continue
            if "location" in record.body and not record.kind.endswith("/resourceGroups"):
                found.append(_brief(record))
        return found


def _brief(record: Record) -> dict[str, Any]:
    return {
        "id": record.id,
        "name": record.name,
        "type": record.kind,
        "location": record.location,
        "tags": record.body.get("tags") or {},
    }
