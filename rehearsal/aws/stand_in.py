"""The AWS stand-in put together: MiniStack, what corrects it, what it lacks, and the front before it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..core.admin import Admin
from ..core.asgi import Request, Response
from ..core.blobs import Blobs
from ..core.calls import CallLog
from ..core.containers import Engine
from ..core.faults import FaultTable
from ..core.front import Front
from ..core.registry import Registry
from . import load_balancer_type, ministack, operations, target_api
from .balancers import Balancers
from .config import Config
from .dialect import AwsDialect
from .ecs import install as ecs
from .ecs import types as ecs_types
from .ecs.scheduler import Scheduler
from .repositories import EcrRepositories
from .scaling import types as scaling_types
from .scaling.api import SIGNING_NAME, ScalingApi
from .scaling.loop import ScalingLoop
from .scaling.store import Key, Store


class AwsStandIn:
    """``front`` is its ASGI application."""

    def __init__(self, config: Config, application: Any) -> None:
        self._application = application
        self._engine = Engine()
        self._labels = config.labels
        self._remove_containers()  # of a former run that was killed
        self._faults, self._calls, self._scaling = FaultTable(), CallLog(), Store()
        self._blobs = Blobs(Path(config.state) / "registry")
        self._balancers = Balancers(config.load_balancer_ports)
        self._scheduler = Scheduler(config, self._engine, self._balancers)
        ScalingLoop(self._scaling, self._scheduler, config.minute)

        target_api.install(self._balancers)
        load_balancer_type.install(self._balancers)
        ecs.install(self._scheduler)
        ecs_types.install(self._scheduler)
        scaling_types.install(self._scaling)
        operations.install(self._faults)

        self._records = ministack.service("ecs")
        scaling_api = ScalingApi(self._scaling, self._records.get_account_id(), self._is_service)
        self.front = Front(
            app=application.app,
            registry=Registry(self._blobs, EcrRepositories(config)),
            dialect=AwsDialect(config.keys, {SIGNING_NAME: scaling_api}),
            admin=Admin(
                self._faults,
                self._calls,
                {"POST reset": self._reset},
            ),
            faults=self._faults,
            calls=self._calls,
        )

    def close(self) -> None:
        """Leave no container behind."""
        self._scheduler.tasks.abandon()
        self._remove_containers()

    def _reset(self, _: Request) -> Response:
        self._application._reset_all_state()
        self.close()
        for store in (self._scaling, self._blobs, self._faults, self._calls):
            store.clear()
        return Response.json({"status": "empty"})

    def _is_service(self, key: Key) -> bool:
        name = key.resource.removeprefix("service/")
        service = self._records._services.get_scoped(key.account, key.region, name)
        return bool(service and service["status"] == "ACTIVE")

    def _remove_containers(self) -> None:
        self._engine.remove_all(self._labels)
