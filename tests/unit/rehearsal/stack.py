"""The stack that the tests deploy: a service behind a load balancer, in the fewest words."""

from __future__ import annotations

import json
from typing import Any


def template(
    image: str,
    environment: dict[str, str],
    *,
    minimum: int | None = None,
    maximum: int = 3,
    grace: int = 2,
    secret: str | None = None,
    cpu: int = 512,
    failures: int = 3,
) -> str:
    """A CloudFormation template; ``minimum`` adds autoscaling, ``secret`` is an ARN.

    ``failures`` is how many failed tasks trip the circuit breaker.
    """
    resources: dict[str, Any] = {
        "Vpc": _resource("EC2::VPC", CidrBlock="10.0.0.0/16"),
        "SubnetA": _resource("EC2::Subnet", VpcId=_ref("Vpc"), CidrBlock="10.0.0.0/24"),
        "SubnetB": _resource("EC2::Subnet", VpcId=_ref("Vpc"), CidrBlock="10.0.1.0/24"),
        "Logs": _resource("Logs::LogGroup", LogGroupName=_name("/ai-api/"), RetentionInDays=1),
        "Cluster": _resource("ECS::Cluster", ClusterName=_name("")),
        "Role": _resource("IAM::Role", AssumeRolePolicyDocument=_TRUST),
        "LoadBalancer": _resource(
            "ElasticLoadBalancingV2::LoadBalancer", Name=_name(""), Subnets=[_ref("SubnetA"), _ref("SubnetB")]
        ),
        "TargetGroup": _resource(
            "ElasticLoadBalancingV2::TargetGroup",
            TargetType="ip",
            Protocol="HTTP",
            Port=8000,
            VpcId=_ref("Vpc"),
            HealthCheckPath="/health",
            HealthCheckIntervalSeconds=5,
            HealthCheckTimeoutSeconds=2,
            UnhealthyThresholdCount=2,
            TargetGroupAttributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "5"}],
        ),
        "Listener": _resource(
            "ElasticLoadBalancingV2::Listener",
            LoadBalancerArn=_ref("LoadBalancer"),
            Port=80,
            Protocol="HTTP",
            DefaultActions=[{"Type": "forward", "TargetGroupArn": _ref("TargetGroup")}],
        ),
        "Definition": _resource(
            "ECS::TaskDefinition",
            Family=_name(""),
            RequiresCompatibilities=["FARGATE"],
            NetworkMode="awsvpc",
            Cpu=str(cpu),
            Memory="128",
            TaskRoleArn={"Fn::GetAtt": ["Role", "Arn"]},
            ContainerDefinitions=[_container(image, environment, secret)],
        ),
        "Service": {
            **_resource(
                "ECS::Service",
                ServiceName=_name(""),
                Cluster=_ref("Cluster"),
                LaunchType="FARGATE",
                TaskDefinition=_ref("Definition"),
                HealthCheckGracePeriodSeconds=grace,
                DeploymentConfiguration={
                    "MinimumHealthyPercent": 100,
                    "MaximumPercent": 200,
                    "DeploymentCircuitBreaker": {
                        "Enable": True,
                        "Rollback": True,
                        "ThresholdConfiguration": {"Type": "COUNT", "Value": failures},
                    },
                },
                NetworkConfiguration={"AwsvpcConfiguration": {"Subnets": [_ref("SubnetA"), _ref("SubnetB")]}},
                LoadBalancers=[
                    {"ContainerName": "api", "ContainerPort": 8000, "TargetGroupArn": _ref("TargetGroup")}
                ],
            ),
            "DependsOn": "Listener",
        },
    }
    if minimum is not None:
        resources |= _scaling(minimum, maximum)
    outputs = {"DnsName": {"Value": {"Fn::GetAtt": ["LoadBalancer", "DNSName"]}}}
    return json.dumps({"Resources": resources, "Outputs": outputs})


def _container(image: str, environment: dict[str, str], secret: str | None) -> dict[str, Any]:
    return {
        "Name": "api",
        "Image": image,
        "StopTimeout": 10,
        "ReadonlyRootFilesystem": True,
        "PortMappings": [{"ContainerPort": 8000}],
        "Environment": [{"Name": name, "Value": value} for name, value in environment.items()],
        "Secrets": [{"Name": "SECRET", "ValueFrom": secret}] if secret else [],
        "LogConfiguration": {
            "LogDriver": "awslogs",
            "Options": {
                "awslogs-group": _ref("Logs"),
                "awslogs-region": _ref("AWS::Region"),
                "awslogs-stream-prefix": "ecs",
            },
        },
    }


def _scaling(minimum: int, maximum: int) -> dict[str, Any]:
    return {
        "Target": {
            **_resource(
                "ApplicationAutoScaling::ScalableTarget",
                ServiceNamespace="ecs",
                ScalableDimension="ecs:service:DesiredCount",
                ResourceId={"Fn::Sub": "service/${Cluster}/${Service.Name}"},
                MinCapacity=minimum,
                MaxCapacity=maximum,
            ),
        },
        "Policy": _resource(
            "ApplicationAutoScaling::ScalingPolicy",
            PolicyName=_name(""),
            PolicyType="TargetTrackingScaling",
            ScalingTargetId=_ref("Target"),
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": 70,
                "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
                "ScaleInCooldown": 60,
                "ScaleOutCooldown": 60,
            },
        ),
    }


_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
        }
    ],
}


def _resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", "Properties": properties}


def _ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def _name(prefix: str) -> dict[str, str]:
    return {"Fn::Sub": f"{prefix}${{AWS::StackName}}"}
