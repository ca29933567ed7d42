"""The wire of Application Auto Scaling (JSON 1.1), for ECS services."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

from ...core.asgi import Request, Response
from ..signature import Signature
from .store import ECS_DIMENSION, Key, ScalingError, Store, Target

Json = dict[str, Any]
SIGNING_NAME = "application-autoscaling"


class ScalingApi:
    """``exists`` tells whether the ECS service behind a resource id is there."""

    def __init__(self, store: Store, account: str, exists: Callable[[Key], bool]) -> None:
        self._store = store
        self._account = account
        self._exists = exists

    async def __call__(self, action: str, request: Request) -> Response:
        operation = _OPERATIONS.get(action)
        signature = Signature.of(request)
        headers = {"x-amzn-requestid": str(uuid.uuid4())}
        try:
            if operation is None or signature is None:
                raise ScalingError("UnknownOperationException", f"{action} is not rehearsed")
            content = operation(self, signature.region, request.json())
        except ScalingError as error:
            body = {"__type": error.code, "message": str(error)}
            return Response(400, json.dumps(body).encode(), "application/x-amz-json-1.1", headers)
        return Response(200, json.dumps(content).encode(), "application/x-amz-json-1.1", headers)

    def register(self, region: str, data: Json) -> Json:
        key = self._key(region, data)
        if not self._exists(key):
            raise ScalingError("ValidationException", f"ECS service doesn't exist: {key.resource}")
        target = self._store.register(key, data.get("MinCapacity"), data.get("MaxCapacity"))
        target.tags.update(data.get("Tags") or {})
        return {"ScalableTargetARN": target.arn}

    def describe_targets(self, region: str, data: Json) -> Json:
        return {
            "ScalableTargets": [
                {
                    "ServiceNamespace": "ecs",
                    "ResourceId": target.key.resource,
                    "ScalableDimension": ECS_DIMENSION,
                    "MinCapacity": target.minimum,
                    "MaxCapacity": target.maximum,
                    "RoleARN": f"arn:aws:iam::{self._account}:role/aws-service-role/"
                    "ecs.application-autoscaling.amazonaws.com/"
                    "AWSServiceRoleForApplicationAutoScaling_ECSService",
                    "CreationTime": target.created,
                    "ScalableTargetARN": target.arn,
                }
                for target in self._selected(region, data.get("ResourceIds"))
            ]
        }

    def deregister(self, region: str, data: Json) -> Json:
        self._store.deregister(self._key(region, data))
        return {}

    def put_policy(self, region: str, data: Json) -> Json:
        configuration = data.get("TargetTrackingScalingPolicyConfiguration") or {}
        kind = data.get("PolicyType", "StepScaling")
        policy = self._store.put_policy(self._key(region, data), data["PolicyName"], kind, configuration)
        return {"PolicyARN": policy["PolicyARN"], "Alarms": []}

    def describe_policies(self, region: str, data: Json) -> Json:
        names = data.get("PolicyNames")
        return {
            "ScalingPolicies": [
                policy
                for target in self._selected(region, _one(data.get("ResourceId")))
                for policy in target.policies.values()
                if not names or policy["PolicyName"] in names
            ]
        }

    def delete_policy(self, region: str, data: Json) -> Json:
        self._store.delete_policy(self._key(region, data), data["PolicyName"])
        return {}

    def describe_activities(self, region: str, data: Json) -> Json:
        targets = self._selected(region, _one(data.get("ResourceId")))
        return {"ScalingActivities": [activity for target in targets for activity in target.activities]}

    def list_tags(self, region: str, data: Json) -> Json:
        return {"Tags": self._by_arn(data["ResourceARN"]).tags}

    def tag(self, region: str, data: Json) -> Json:
        self._by_arn(data["ResourceARN"]).tags.update(data["Tags"])
        return {}

    def untag(self, region: str, data: Json) -> Json:
        tags = self._by_arn(data["ResourceARN"]).tags
        for name in data["TagKeys"]:
            tags.pop(name, None)
        return {}

    def _by_arn(self, arn: str) -> Target:
        for target in self._store.targets():
            if target.arn == arn:
                return target
        raise ScalingError("ResourceNotFoundException", f"There is no scalable target {arn}")

    def _selected(self, region: str, resources: list[str] | None) -> list[Target]:
        return [
            target
            for target in self._store.targets()
            if target.key.region == region and (not resources or target.key.resource in resources)
        ]

    def _key(self, region: str, data: Json) -> Key:
        namespace, dimension = data.get("ServiceNamespace"), data.get("ScalableDimension")
        if (namespace, dimension) != ("ecs", ECS_DIMENSION):
            raise ScalingError(
                "ValidationException", f"{namespace} {dimension} is not rehearsed, only ecs {ECS_DIMENSION}"
            )
        return Key(self._account, region, str(data.get("ResourceId")))


def _one(resource: str | None) -> list[str] | None:
    return [resource] if resource else None


_OPERATIONS: dict[str, Callable[[ScalingApi, str, Json], Json]] = {
    "RegisterScalableTarget": ScalingApi.register,
    "DescribeScalableTargets": ScalingApi.describe_targets,
    "DeregisterScalableTarget": ScalingApi.deregister,
    "PutScalingPolicy": ScalingApi.put_policy,
    "DescribeScalingPolicies": ScalingApi.describe_policies,
    "DeleteScalingPolicy": ScalingApi.delete_policy,
    "DescribeScalingActivities": ScalingApi.describe_activities,
    "ListTagsForResource": ScalingApi.list_tags,
    "TagResource": ScalingApi.tag,
    "UntagResource": ScalingApi.untag,
}
