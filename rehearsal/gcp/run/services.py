"""Cloud Run's services: what callers declare, and the operations that make it so."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable
from copy import deepcopy
from dataclasses import replace

from ...core.proxy import Head, Plain
from ...core.runner import Ingress
from ..collection import Collection, Kind, check_etag
from ..errors import ApiError
from ..operations import Operation, Operations
from ..policies import Policies, handlers
from ..rpc import Handlers, Json, Rpc, now
from ..timing import Timing
from . import records, rules
from .defaults import complete
from .deployer import Deployer
from .ingress import Gate, forwarded
from .revisions import Revisions
from .surroundings import Surroundings

_PREFIX = "run.projects.locations"
_SERVICES = f"{_PREFIX}.services"
_TYPE = "type.googleapis.com/google.cloud.run.v2.Service"
_KIND = Kind(
    collection="services",
    parameter="serviceId",
    pattern=rules.SERVICE,
    missing="Resource '{id}' of kind 'SERVICE' in region '{location}' in project '{project}' does not exist.",
    exists="Resource '{id}' already exists.",
    rule="it may hold lower-case letters, digits and '-', must begin with a letter and not end with '-', and "
    "must be shorter than 50 characters.",
    whole=True,
)
_LEAST_SECONDS = 0.1


class Services:
    def __init__(
        self,
        *,
        deployer: Deployer,
        revisions: Revisions,
        surroundings: Surroundings,
        policies: Policies,
        gate: Gate,
        timing: Timing,
    ) -> None:
        self._deployer, self._revisions, self._surroundings = deployer, revisions, surroundings
        self._policies, self._gate, self._timing = policies, gate, timing
        self.operations = Operations()
        self._services = Collection(_KIND)
        self._changing: dict[str, asyncio.Task[None]] = {}

    @property
    def handlers(self) -> Handlers:
        return {
            f"{_SERVICES}.create": self._create,
            f"{_SERVICES}.get": lambda rpc: self._view(self._services.find(rpc.name)),
            f"{_SERVICES}.list": self._list,
            f"{_SERVICES}.patch": self._patch,
            f"{_SERVICES}.delete": self._delete,
            f"{_PREFIX}.operations.get": self.operations.get,
            f"{_PREFIX}.operations.list": self.operations.list,
            f"{_PREFIX}.operations.wait": self.operations.wait,
            f"{_PREFIX}.operations.delete": self.operations.delete,
            **handlers(_SERVICES, self._policies, self._services.find),
        }

    def all(self) -> list[Json]:
        return [self._view(service) for service in self._services.items.values()]

    def clear(self) -> None:
        self.operations.clear()
        self._services.items.clear()
        self._changing.clear()

    def _list(self, rpc: Rpc) -> Json:
        answer = self._services.page(rpc, "services")
        if "services" in answer:
            answer["services"] = [self._view(one) for one in answer["services"]]
        return answer

    def _create(self, rpc: Rpc) -> Json:
        name = self._services.new_name(rpc)
        rules.check("CreateServiceRequest", name.rpartition("/")[2], rpc.body)
        service = records.new_service(name, self._completed(rpc.body), rpc.caller)
        records.next_generation(service, rpc.caller)
        if rpc.query.get("validateOnly"):
            return self._begin(name, service, self._shown(service)).view
        service["uri"] = self._deployer.open(name, functools.partial(self._ingress, name))
        service["urls"] = [service["uri"]]
        self._services.items[name] = service
        return self._bring(rpc, service, self._revisions.add(service, rpc.caller))

    def _patch(self, rpc: Rpc) -> Json:
        if rpc.query.get("allowMissing") and rpc.name not in self._services.items:
            parent, _, own = rpc.name.partition("/services/")
            return self._create(replace(rpc, name=parent, query={**rpc.query, "serviceId": own}))
        before = self._services.find(rpc.name)
        changed = self._services.patched(rpc)
        rules.check("UpdateServiceRequest", rpc.id, changed)
        changed = self._completed(changed)
        forced = rpc.query.get("forceNewRevision", False)
        fresh = forced or before["template"] != changed["template"]
        differs = fresh or any(before.get(key) != changed.get(key) for key in records.DECLARED)
        if fresh:
            self._revisions.check_name(changed)
        if differs:
            records.next_generation(changed, rpc.caller)
        if rpc.query.get("validateOnly"):
            return self._begin(rpc.name, changed, self._shown(changed)).view
        if not differs:
            return self._begin(rpc.name, before, self._outcome(before)).view
        self._services.items[rpc.name] = changed
        return self._bring(rpc, changed, self._revisions.add(changed, rpc.caller) if fresh else None)

    def _delete(self, rpc: Rpc) -> Json:
        service = self._services.find(rpc.name)
        check_etag(service, rpc.query)
        if rpc.query.get("validateOnly"):
            return self._begin(rpc.name, service, self._shown(service)).view
        self._supersede(rpc.name)
        service |= {"deleteTime": now(), "reconciling": True}

        async def work() -> Json:
            self._timing.check(rpc)
            shown = await self._shown(service)
            await self._deployer.close(rpc.name)
            self._services.items.pop(rpc.name, None)
            self._revisions.drop(rpc.name)
            self._policies.drop(rpc.name)
            return shown

        return self._begin(rpc.name, service, work()).view

    def _completed(self, declared: Json) -> Json:
        """With what is filled in, run as an account that there is. Raise ApiError."""
        service = complete(declared, self._surroundings.default_account)
        self._surroundings.check_account(service["template"]["serviceAccount"])
        return service

    # Operations

    def _bring(self, rpc: Rpc, service: Json, revision: Json | None) -> Json:
        """Bring the service to what is declared; an earlier change that is still under way is given up."""
        self._supersede(service["name"])

        async def work() -> Json:
            try:
                await self._timing.pause(rpc, _LEAST_SECONDS)
                await self._deployer.deploy(service, revision)
            except ApiError as error:
                records.stuck(service, error.message)
                raise
            finally:
                if revision and revision["reconciling"]:
                    records.failed(revision, "It was given up.", revisionReason="RETIRED")
            records.settled(service)
            return await self._shown(service)

        operation = self._begin(service["name"], service, work())
        if operation.task:
            self._changing[service["name"]] = operation.task
        return operation.view

    async def _outcome(self, service: Json) -> Json:
        """Of a change that changes nothing: how the one before it ends."""
        if task := self._changing.get(service["name"]):
            await asyncio.wait([task])
        if service["terminalCondition"]["state"] == "CONDITION_FAILED":
            raise ApiError("FAILED_PRECONDITION", service["terminalCondition"]["message"])
        return await self._shown(service)

    async def _shown(self, service: Json) -> Json:
        return {"@type": _TYPE, **self._view(service)}

    def _begin(self, name: str, service: Json, work: Awaitable[Json]) -> Operation:
        parent = name.partition("services/")[0]
        return self.operations.start(parent, lambda: {"@type": _TYPE, **self._view(service)}, work)

    def _supersede(self, name: str) -> None:
        if task := self._changing.pop(name, None):
            task.cancel()

    # What is seen of a service

    def _view(self, service: Json) -> Json:
        split = self._deployer.traffic(service["name"])
        own = service["name"].rpartition("/")[2]
        return {
            **deepcopy(service),
            "trafficStatuses": records.statuses(split, service.get("uri", ""), own),
        }

    def _ingress(self, name: str, port: int) -> Ingress:
        def refuse(head: Head) -> Plain | None:
            return self._gate.refuse(head, name, self._services.items.get(name, {}))

        return Ingress(port, forwarded, refuse=refuse)
