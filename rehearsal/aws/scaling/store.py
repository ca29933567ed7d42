"""Scalable targets and their policies."""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
ECS_DIMENSION = "ecs:service:DesiredCount"
CPU = "ECSServiceAverageCPUUtilization"
_ACTIVITIES = 100


class ScalingError(Exception):
    """A refusal in the API's words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Key:
    """What is scaled, and where: ``resource`` is ``service/cluster/name``."""

    account: str
    region: str
    resource: str


@dataclass
class Target:
    """``policies`` by name, ``activities`` newest first; both as the API shows them."""

    key: Key
    minimum: int
    maximum: int
    arn: str
    created: float
    policies: dict[str, Json] = field(default_factory=dict)
    activities: list[Json] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)

    def record(self, description: str, cause: str) -> None:
        now = time.time()
        self.activities.insert(
            0,
            {
                "ActivityId": str(uuid.uuid4()),
                "ServiceNamespace": "ecs",
                "ResourceId": self.key.resource,
                "ScalableDimension": ECS_DIMENSION,
                "Description": description,
                "Cause": cause,
                "StartTime": now,
                "EndTime": now,
                "StatusCode": "Successful",
            },
        )
        del self.activities[_ACTIVITIES:]


class Store:
    """Safe to use from any thread."""

    def __init__(self) -> None:
        self._targets: dict[Key, Target] = {}
        self._lock = threading.Lock()

    def targets(self) -> list[Target]:
        with self._lock:
            return list(self._targets.values())

    def clear(self) -> None:
        with self._lock:
            self._targets.clear()

    def get(self, key: Key) -> Target:
        """Raise ScalingError when nothing is registered."""
        with self._lock:
            found = self._targets.get(key)
        if found is None:
            raise ScalingError(
                "ObjectNotFoundException",
                f"No scalable target registered for service namespace: ecs, resource ID: {key.resource}, "
                f"scalable dimension: {ECS_DIMENSION}",
            )
        return found

    def register(self, key: Key, minimum: int | None, maximum: int | None) -> Target:
        """Create the target or change its bounds; what is None stays. Raise ScalingError."""
        with self._lock:
            known = self._targets.get(key)
            low = minimum if minimum is not None else known.minimum if known else None
            high = maximum if maximum is not None else known.maximum if known else None
            if low is None or high is None:
                raise ScalingError(
                    "ValidationException", "MinCapacity and MaxCapacity are required to register a target"
                )
            if not 0 <= low <= high:
                raise ScalingError(
                    "ValidationException",
                    f"Maximum capacity cannot be less than minimum capacity (found {low} to {high})",
                )
            if known:
                known.minimum, known.maximum = low, high
                return known
            arn = (
                f"arn:aws:application-autoscaling:{key.region}:{key.account}:"
                f"scalable-target/{uuid.uuid4().hex[:32]}"
            )
            target = self._targets[key] = Target(key, low, high, arn, time.time())
            return target

    def deregister(self, key: Key) -> None:
        """Forget the target and its policies. Raise ScalingError when there is none."""
        self.get(key)
        with self._lock:
            self._targets.pop(key, None)

    def put_policy(self, key: Key, name: str, kind: str, configuration: Json) -> Json:
        """Create or replace a policy; it as the API shows it. Raise ScalingError."""
        target = self.get(key)
        if kind != "TargetTrackingScaling":
            raise ScalingError("ValidationException", f"{kind} is not rehearsed, only TargetTrackingScaling")
        if not configuration.get("TargetValue"):
            raise ScalingError(
                "ValidationException", "TargetTrackingScalingPolicyConfiguration has no TargetValue"
            )
        known = target.policies.get(name)
        arn = known["PolicyARN"] if known else _policy_arn(key, name)
        target.policies[name] = {
            "PolicyARN": arn,
            "PolicyName": name,
            "ServiceNamespace": "ecs",
            "ResourceId": key.resource,
            "ScalableDimension": ECS_DIMENSION,
            "PolicyType": kind,
            "TargetTrackingScalingPolicyConfiguration": configuration,
            "Alarms": [],
            "CreationTime": known["CreationTime"] if known else time.time(),
        }
        return target.policies[name]

    def delete_policy(self, key: Key, name: str) -> None:
        if self.get(key).policies.pop(name, None) is None:
            raise ScalingError("ObjectNotFoundException", f"No scaling policy found for {name}")


def _policy_arn(key: Key, name: str) -> str:
    return (
        f"arn:aws:autoscaling:{key.region}:{key.account}:scalingPolicy:{uuid.uuid4()}:"
        f"resource/ecs/{key.resource}:policyName/{name}"
    )
