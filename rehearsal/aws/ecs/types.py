"""CloudFormation's ECS types: a service is complete when it is steady, and a definition keeps all it says.

The real one waits for the service's deployment and fails with its circuit breaker; MiniStack reports
success at once. It also leaves nested properties of containers in CloudFormation's spelling, so that
secrets and health checks are silently dropped, and forgets some properties of a new service.
"""

from __future__ import annotations

import time
from typing import Any

from .. import ministack
from . import rollout
from .run import Key
from .scheduler import Scheduler

Properties = dict[str, Any]
SERVICE = "AWS::ECS::Service"
_PATIENCE_SECONDS = 900.0
_POLL_SECONDS = 0.1
# Maps whose keys are the user's own.
_VERBATIM = {"options", "dockerLabels"}
_FORGOTTEN = {
    "HealthCheckGracePeriodSeconds": "healthCheckGracePeriodSeconds",
    "EnableExecuteCommand": "enableExecuteCommand",
    "EnableECSManagedTags": "enableECSManagedTags",
    "PropagateTags": "propagateTags",
    "PlatformVersion": "platformVersion",
}


def camel(value: Any) -> Any:
    """CloudFormation's PascalCase to the API's camelCase, all the way down."""
    if isinstance(value, list):
        return [camel(item) for item in value]
    if not isinstance(value, dict):
        return value
    names = {name: name[:1].lower() + name[1:] for name in value}
    return {new: value[old] if new in _VERBATIM else camel(value[old]) for old, new in names.items()}


class ServiceType:
    """The handlers of AWS::ECS::Service, around MiniStack's own."""

    def __init__(self, scheduler: Scheduler, handlers: dict[str, Any]) -> None:
        self._scheduler = scheduler
        self._ecs = ministack.service("ecs")
        self._create, self._update, self._delete = (handlers[name] for name in ("create", "update", "delete"))

    def create(self, logical_id: str, properties: Properties, stack: str) -> Any:
        arn, attributes = self._create(logical_id, properties, stack)
        key = self._key(arn)
        service = self._ecs._services[key[2]]
        service.update({ours: properties[name] for name, ours in _FORGOTTEN.items() if name in properties})
        try:
            self._wait(key)
        except ValueError:
            # What failed to be created is not in the stack's list of what to roll back.
            self.delete(arn, properties)
            raise
        return arn, attributes

    def update(self, arn: str, old: Properties, new: Properties, stack: str) -> Any:
        result = self._update(arn, old, new, stack)
        self._wait(self._key(arn))
        return result

    def delete(self, arn: str, properties: Properties) -> None:
        self._delete(arn, properties)
        key = self._key(arn)
        self._scheduler.wake(key)
        self._until(lambda: not self._scheduler.runs_of(key))

    def _wait(self, key: Key) -> None:
        """Raise ValueError, which fails the resource, when the deployment did."""
        service = self._ecs._services[key[2]]
        begun = rollout.primary(service)
        self._scheduler.wake(key)
        self._until(lambda: rollout.settled(service))
        if begun["rolloutState"] == "FAILED":
            raise ValueError(
                "Resource handler returned message: \"Error occurred during operation 'ECS Deployment "
                "Circuit Breaker was triggered'.\" (HandlerErrorCode: GeneralServiceException)"
            )

    def _until(self, condition: Any) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not condition():
            if time.monotonic() > deadline:
                raise ValueError("Exceeded attempts to wait (HandlerErrorCode: NotStabilized)")
            time.sleep(_POLL_SECONDS)

    def _key(self, arn: str) -> Key:
        cluster, name = arn.split("/")[-2:]
        return self._ecs.get_account_id(), self._ecs.get_region(), f"{cluster}/{name}"


def install(scheduler: Scheduler) -> None:
    provisioners = ministack.service("cloudformation.provisioners")
    stacks = ministack.service("cloudformation.stacks")
    handlers = provisioners._RESOURCE_HANDLERS[SERVICE]
    ours = ServiceType(scheduler, dict(handlers))
    handlers.update(create=ours.create, update=ours.update, delete=ours.delete)
    ministack.replace(provisioners, "_normalize_container_defs", camel)

    def blocks(resource_type: str) -> bool:
        """Waiting for a service must not hold up MiniStack's event loop."""
        return resource_type == SERVICE or bool(blocked(resource_type))

    def sent_back(resource_type: str) -> bool:
        """A failed update has changed the service, so a roll-back must change it back."""
        return resource_type == SERVICE or bool(sent(resource_type))

    blocked = ministack.replace(stacks, "_runs_on_worker_thread", blocks)
    sent = ministack.replace(stacks, "_sends_back_failed_update", sent_back)
