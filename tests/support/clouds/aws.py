"""AWS, through boto3."""

from __future__ import annotations

from typing import Any

from tests.support.clouds.cloud import Cloud, FailingOperation, OneChange, Words
from tests.support.rehearsal import Rehearsal

PLATFORM, SERVICE, AUTOSCALING = (
    "Apply the platform stack",
    "Apply the service stack and wait for the roll-out",
    "Apply the autoscaling stack",
)


class Aws(Cloud):
    name = "aws"
    target = "aws-us-east-1"
    words = Words(
        service=SERVICE,
        stages=[
            PLATFORM,
            "Apply the registry stack",
            "Put the values where they differ",
            SERVICE,
            AUTOSCALING,
        ],
        unhealthy="Circuit Breaker was triggered",
        refused="Service (AWS::ECS::Service) UPDATE_FAILED",
    )
    changes = (
        OneChange("environment", {"service_openai_model": "gpt-4o"}, [SERVICE], 1),
        OneChange("cpu and memory", {"service_cpu": 0.25, "service_memory": 2048}, [SERVICE], 1),
        OneChange(
            "role",
            {"platform_task_role_arn": "arn:aws:iam::000000000000:role/given"},
            [PLATFORM, SERVICE],
            1,
        ),
        OneChange("log-retention", {"platform_log_retention_days": 7}, [PLATFORM], 0),
        OneChange("scale-limits", {"autoscaling_max": 5}, [AUTOSCALING], 0),
    )
    failing_operation = FailingOperation("UpdateStack", "AWS::ECS::Service")
    trust = True
    check_mode_calls = frozenset({"cloudformation:CreateChangeSet", "cloudformation:DeleteChangeSet"})

    def __init__(self, rehearsal: Rehearsal) -> None:
        self._client = rehearsal.aws

    def url(self, deployment: str) -> str:
        outputs = self._stacks()[f"{deployment}-service"]["Outputs"]
        return next(str(output["OutputValue"]) for output in outputs if output["OutputKey"] == "Url")

    def everything(self) -> set[str]:
        secrets = self._client("secretsmanager").list_secrets(IncludePlannedDeletion=True)["SecretList"]
        groups = self._client("logs").describe_log_groups()["logGroups"]
        repositories = self._client("ecr").describe_repositories()["repositories"]
        return {
            *self._stacks(),
            *(secret["Name"] for secret in secrets),
            *(group["logGroupName"] for group in groups),
            *(repository["repositoryName"] for repository in repositories),
        }

    def plant(self) -> set[str]:
        self._client("secretsmanager").create_secret(Name="somebody-elses", SecretString="left alone")
        self._client("logs").create_log_group(logGroupName="/somebody/elses")
        return {"somebody-elses", "/somebody/elses"}

    def versions(self, deployment: str) -> int:
        """Task definitions ever registered: one a roll-out."""
        ecs = self._client("ecs")
        return sum(
            len(ecs.list_task_definitions(familyPrefix=deployment, status=status)["taskDefinitionArns"])
            for status in ("ACTIVE", "INACTIVE")
        )

    def stored_key(self, deployment: str) -> str:
        secrets = self._client("secretsmanager")
        return str(secrets.get_secret_value(SecretId=f"{deployment}/openai-api-key")["SecretString"])

    def store_key(self, deployment: str, key: str) -> None:
        self.put_secret(deployment, "openai-api-key", key)

    def put_secret(self, deployment: str, name: str, value: str) -> None:
        self._client("secretsmanager").put_secret_value(SecretId=f"{deployment}/{name}", SecretString=value)

    def log_text(self, deployment: str) -> str:
        logs = self._client("logs")
        events = logs.filter_log_events(logGroupName=f"/ai-api/{deployment}")["events"]
        return "\n".join(event["message"] for event in events)

    def descriptions(self, deployment: str) -> str:
        return str(self._stacks())

    def _stacks(self) -> dict[str, Any]:
        return {
            stack["StackName"]: stack for stack in self._client("cloudformation").describe_stacks()["Stacks"]
        }
