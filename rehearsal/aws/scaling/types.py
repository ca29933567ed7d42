"""The CloudFormation types AWS::ApplicationAutoScaling::ScalableTarget and ::ScalingPolicy."""

from __future__ import annotations

from typing import Any

from .. import ministack
from .store import ECS_DIMENSION, Key, ScalingError, Store

Properties = dict[str, Any]


class _Type:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._ecs = ministack.service("ecs")

    def _key(self, resource: str) -> Key:
        return Key(self._ecs.get_account_id(), self._ecs.get_region(), resource)


class TargetType(_Type):
    """Its physical id is ``resource|dimension|namespace``, as the real one's is."""

    def create(self, logical_id: str, properties: Properties, stack: str) -> tuple[str, Properties]:
        resource = str(properties["ResourceId"])
        _put(lambda: self._register(resource, properties))
        return f"{resource}|{ECS_DIMENSION}|ecs", {"Id": f"{resource}|{ECS_DIMENSION}|ecs"}

    def update(
        self, physical_id: str, old: Properties, new: Properties, stack: str
    ) -> tuple[str, Properties]:
        if new["ResourceId"] != old["ResourceId"]:
            return self.create("", new, stack)
        _put(lambda: self._register(str(new["ResourceId"]), new))
        return physical_id, {"Id": physical_id}

    def delete(self, physical_id: str, properties: Properties) -> None:
        _gone(lambda: self._store.deregister(self._key(physical_id.partition("|")[0])))

    def _register(self, resource: str, properties: Properties) -> None:
        minimum, maximum = int(properties["MinCapacity"]), int(properties["MaxCapacity"])
        self._store.register(self._key(resource), minimum, maximum)


class PolicyType(_Type):
    def create(self, logical_id: str, properties: Properties, stack: str) -> tuple[str, Properties]:
        policy = _put(
            lambda: self._store.put_policy(
                self._key(_resource(properties)),
                str(properties["PolicyName"]),
                str(properties["PolicyType"]),
                as_numbers(properties.get("TargetTrackingScalingPolicyConfiguration") or {}),
            )
        )
        return policy["PolicyARN"], {"Arn": policy["PolicyARN"]}

    def update(
        self, physical_id: str, old: Properties, new: Properties, stack: str
    ) -> tuple[str, Properties]:
        return self.create("", new, stack)

    def delete(self, physical_id: str, properties: Properties) -> None:
        resource = physical_id.partition(":resource/ecs/")[2].partition(":policyName/")[0]
        name = physical_id.rpartition(":policyName/")[2]
        _gone(lambda: self._store.delete_policy(self._key(resource), name))


def _resource(properties: Properties) -> str:
    target = properties.get("ScalingTargetId")
    return str(target).partition("|")[0] if target else str(properties["ResourceId"])


def as_numbers(configuration: Properties) -> Properties:
    """Parameters arrive as text; the API answers with numbers."""
    numeric = {"TargetValue": float, "ScaleInCooldown": int, "ScaleOutCooldown": int}
    return {name: numeric[name](value) if name in numeric else value for name, value in configuration.items()}


def _put(work: Any) -> Any:
    try:
        return work()
    except ScalingError as error:
        raise ValueError(f"{error} (Service: ApplicationAutoScaling, Error: {error.code})") from error


def _gone(work: Any) -> None:
    try:
        work()
    except ScalingError as error:
        if error.code != "ObjectNotFoundException":
            raise ValueError(str(error)) from error


def install(store: Store) -> None:
    handlers = ministack.service("cloudformation.provisioners")._RESOURCE_HANDLERS
    for name, kind in (("ScalableTarget", TargetType(store)), ("ScalingPolicy", PolicyType(store))):
        if handlers.setdefault(f"AWS::ApplicationAutoScaling::{name}", {}):
            raise ministack.VersionError(f"ministack has {name} itself: leave ours out")
        handlers[f"AWS::ApplicationAutoScaling::{name}"].update(
            create=kind.create, update=kind.update, delete=kind.delete
        )
