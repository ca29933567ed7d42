"""PUT, PATCH and DELETE of a resource, at once or as an operation."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ...core.asgi import Request, Response
from ...core.faults import OPERATION
from ..cloud import Cloud
from ..schema.check import Checker
from ..schema.clean import clean, merged
from .errors import ArmError, answer, invalid_content
from .ids import Path, version_of
from .kind import Change, Kind, Way
from .locations import LOCATIONS, normal
from .operations import RETRY_AFTER, Operation
from .store import Record

log = logging.getLogger("arm")


class Changes:
    def __init__(self, cloud: Cloud, kinds: Mapping[str, Kind]) -> None:
        self._cloud = cloud
        self._kinds = kinds

    def shown(self, kind: Kind, record: Record) -> dict[str, Any]:
        """What a GET answers, checked as strictly as what is put."""
        view = kind.view(record)
        problems = list(Checker(self._cloud.tables, partial=True).model(kind.shown or kind.model, view))
        if problems:
            log.error("a response that the model of %s does not know: %s", kind.full, problems)
            raise ArmError(500, "InternalServerError", f"{problems[0].path}: {problems[0].message}")
        return view

    def put(self, kind: Kind, path: Path, group: str, name: str, request: Request) -> Response:
        body = self._body(kind.model, request)
        with self._cloud.store.lock:
            before = self._cloud.store.get(kind.identity(path, name, group))
            if kind.located:
                _check_location(kind, body, before, name, group)
            return self._change(kind, Change(path, name, body, before, request), group)

    def patch(self, kind: Kind, path: Path, group: str, name: str, request: Request) -> Response:
        patch = self._body(kind.patched or kind.model, request, partial_body=True)
        with self._cloud.store.lock:
            before = self._cloud.store.get(kind.identity(path, name, group))
            if before is None:
                raise ArmError(404, "ResourceNotFound", f"The Resource '{kind.full}/{name}' was not found.")
            if kind.located and normal(patch.get("location") or before.location) != normal(before.location):
                raise _moved(name, before, patch["location"], group)
            body = merged(before.body, {**patch, "location": before.location} if kind.located else patch)
            return self._change(kind, Change(path, name, body, before, request), group)

    def delete(self, kind: Kind, path: Path, group: str, name: str, request: Request) -> Response:
        with self._cloud.store.lock:
            record = self._cloud.store.get(kind.identity(path, name, group))
            if record is None:
                return answer(None, 204)
            self._refuse_busy(kind, record)
            kind.removed_early(record, request)
            if kind.deleting is Way.DONE:
                view = self.shown(kind, record)
                self.remove(record)
                return answer(view)
            operation = self._begin(kind, record, "DELETE", kind.in_deletion)
            headers = self._cloud.operations.headers(
                operation, version_of(request), by_status=kind.deleting is Way.STATUS
            )
            self._start(operation, kind, record, partial(self.remove, record))
            return answer(None, 202, headers)

    def remove(self, record: Record) -> None:
        """The record and all that is below it, the innermost first."""
        for each in sorted(self._cloud.store.below(record.id), key=lambda each: -len(each.id)):
            self._kinds[each.kind.casefold()].remove(each)
            self._cloud.store.remove(each)

    def _change(self, kind: Kind, change: Change, group: str) -> Response:
        before = change.before
        kind.check_name(change.name)
        if before:
            self._refuse_busy(kind, before)
        kind.check(change)
        record = before or Record(
            kind.identity(change.path, change.name, group), change.name, kind.full, group, {}
        )
        record.body = change.body
        kind.fill(record, change)
        self._cloud.store.put(record)
        patched = change.request.method == "PATCH"
        way = kind.patching if patched else (kind.updating or kind.creating) if before else kind.creating
        status = 201 if before is None else 200
        if way is Way.DONE:
            kind.work(record)
            return answer(self.shown(kind, record), status)
        operation = self._begin(
            kind, record, change.request.method, kind.in_update if before else kind.in_creation
        )
        view = self.shown(kind, record)
        self._start(operation, kind, record, partial(kind.work, record))
        if way is Way.STATE:
            return answer(view, status, {"retry-after": RETRY_AFTER})
        headers = self._cloud.operations.headers(
            operation, version_of(change.request), by_status=way is Way.STATUS
        )
        return answer(view, 202 if patched else status, headers)

    def _begin(self, kind: Kind, record: Record, method: str, state: str) -> Operation:
        result = None if method == "DELETE" else lambda: self.shown(kind, record)
        record.busy = operation = Operation(kind.namespace, normal(record.location), result)
        if state:
            record.state = state
        fault = self._cloud.faults.take(
            kind.namespace.lower(), f"{method} {kind.type}", record.name, kinds=(OPERATION,)
        )
        if fault:
            message = f"The operation on '{record.name}' failed with an internal error. Please retry later."
            operation.error = ArmError(500, "InternalServerError", message)
        return operation

    def _start(self, operation: Operation, kind: Kind, record: Record, work: Callable[[], None]) -> None:
        planned = operation.error

        def run() -> None:
            if planned:
                raise planned
            work()

        def done(succeeded: bool) -> None:
            record.busy = None
            if record.state:
                record.state = "Succeeded" if succeeded else "Failed"

        self._cloud.operations.start(operation, run, done)

    def _refuse_busy(self, kind: Kind, record: Record) -> None:
        if record.busy:
            raise ArmError(
                409,
                kind.busy_code,
                f"Cannot modify '{record.name}' because there is an ongoing operation on it, "
                f"'{record.busy.id}'. Please retry when it has ended.",
                headers={"retry-after": "1"},
            )

    def _body(self, model: str, request: Request, *, partial_body: bool = False) -> dict[str, Any]:
        try:
            body = request.json()
        except ValueError as error:
            raise ArmError(
                400, "InvalidRequestContent", f"The request content is not JSON: {error}"
            ) from error
        problems = list(Checker(self._cloud.tables, partial=partial_body).model(model, body))
        if problems:
            raise invalid_content(problems)
        return clean(self._cloud.tables, model, body, nulls=partial_body)


def _check_location(kind: Kind, body: dict[str, Any], before: Record | None, name: str, group: str) -> None:
    location = normal(body["location"])
    if location not in LOCATIONS:
        raise ArmError(
            400,
            "LocationNotAvailableForResourceType",
            f"The provided location '{body['location']}' is not available for resource type '{kind.full}'. "
            f"List of available regions for the resource type is '{','.join(LOCATIONS)}'.",
        )
    if before and normal(before.location) != location:
        raise _moved(name, before, location, group)
    body["location"] = location


def _moved(name: str, before: Record, location: str, group: str) -> ArmError:
    return ArmError(
        409,
        "InvalidResourceLocation",
        f"The resource '{name}' already exists in location '{before.location}' in resource group '{group}'. "
        f"A resource with the same name cannot be created in location '{location}'. "
        "Please select a new resource name.",
    )
