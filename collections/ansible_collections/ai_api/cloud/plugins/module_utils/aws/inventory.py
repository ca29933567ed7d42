"""Everything in an AWS region that carries a deployment's marks.

The tagging API knows nearly every type, but lags behind deletions and knows neither roles nor what is
scheduled for deletion. So the services that our stacks use are asked themselves, and it only for the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from botocore.client import BaseClient

from ..core.leftovers import SCHEDULED, Owned
from ..core.ownership import is_owned, marks
from ..core.waiting import Deadline, Progress
from .errors import explained
from .secret import SecretStore
from .session import client
from .tags import as_dict

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

_RESOURCE = re.compile(r"(?:([\w-]+)[:/])?(.*)")
ASKED = {"cloudformation", "ec2", "ecs", "elasticloadbalancing", "iam", "logs", "secretsmanager"}


def inventory(options: Mapping[str, Any], _: Progress) -> AwsInventory:
    """The inventory that the CONNECTION ``options`` and ``tags`` name."""
    return AwsInventory(partial(client, options=options), options["tags"])


class AwsInventory:
    """Implements ``core.leftovers.Inventory``."""

    def __init__(self, connect: Callable[[str], BaseClient], tags: Mapping[str, str]) -> None:
        self._connect = connect
        self._marks = marks(tags)

    def find(self) -> Iterator[Owned]:
        finders = [self._stacks, self._secrets, self._roles, self._network, self._balancers, self._containers]
        for finder in [*finders, self._logs, self._others]:
            with explained("list", f"what carries deployment={self._marks['deployment']}"):
                yield from finder()

    def purge(self, owned: Owned) -> None:
        SecretStore(self._connect("secretsmanager")).purge(owned.id, Deadline(60))

    def _stacks(self) -> Iterator[Owned]:
        api = cast("CloudFormationClient", self._connect("cloudformation"))
        for page in api.get_paginator("describe_stacks").paginate():
            for stack in page["Stacks"]:
                if self._is_ours(stack.get("Tags", [])):
                    yield Owned(
                        "cloudformation:stack", stack["StackId"], stack["StackName"], stack["StackStatus"]
                    )

    def _secrets(self) -> Iterator[Owned]:
        api = cast("SecretsManagerClient", self._connect("secretsmanager"))
        for page in api.get_paginator("list_secrets").paginate(IncludePlannedDeletion=True):
            for secret in page["SecretList"]:
                if self._is_ours(secret.get("Tags", [])):
                    state = SCHEDULED if secret.get("DeletedDate") else ""
                    yield Owned("secretsmanager:secret", secret["ARN"], secret["Name"], state)

    def _roles(self) -> Iterator[Owned]:
        pages = (
            self._connect("iam").get_paginator("get_account_authorization_details").paginate(Filter=["Role"])
        )
        for page in pages:
            for role in page["RoleDetailList"]:
                if self._is_ours(role.get("Tags", [])):
                    yield Owned("iam:role", role["Arn"], role["RoleName"])

    def _network(self) -> Iterator[Owned]:
        """What EC2 keeps: DescribeTags gives one tag a line, so both marks are looked up and compared."""
        found: list[set[tuple[str, str]]] = []
        for mark, value in self._marks.items():
            filters = [{"Name": "key", "Values": [mark]}, {"Name": "value", "Values": [value]}]
            pages = self._connect("ec2").get_paginator("describe_tags").paginate(Filters=filters)
            found.append({(tag["ResourceType"], tag["ResourceId"]) for page in pages for tag in page["Tags"]})
        for kind, identity in set.intersection(*found):
            yield Owned(f"ec2:{kind}", identity, identity)

    def _balancers(self) -> Iterator[Owned]:
        api: Any = self._connect("elbv2")
        for operation, listed, key in (
            ("describe_load_balancers", "LoadBalancers", "LoadBalancerArn"),
            ("describe_target_groups", "TargetGroups", "TargetGroupArn"),
        ):
            pages = api.get_paginator(operation).paginate(PaginationConfig={"PageSize": 20})
            for arns in ([each[key] for each in page[listed]] for page in pages):
                for each in api.describe_tags(ResourceArns=arns)["TagDescriptions"] if arns else []:
                    if self._is_ours(each["Tags"]):
                        yield from_arn(each["ResourceArn"])

    def _containers(self) -> Iterator[Owned]:
        """Live clusters and their services; ECS shows deleted ones as INACTIVE for a while."""
        api = cast("ECSClient", self._connect("ecs"))
        clusters = [
            arn for page in api.get_paginator("list_clusters").paginate() for arn in page["clusterArns"]
        ]
        for arn in clusters:
            for cluster in api.describe_clusters(clusters=[arn], include=["TAGS"])["clusters"]:
                if cluster["status"] != "INACTIVE" and self._is_ours(cluster.get("tags", [])):
                    yield from_arn(arn)
            for page in api.get_paginator("list_services").paginate(
                cluster=arn, PaginationConfig={"PageSize": 10}
            ):
                names = page["serviceArns"]
                found = (
                    api.describe_services(cluster=arn, services=names, include=["TAGS"]) if names else None
                )
                for service in found["services"] if found else []:
                    if service["status"] != "INACTIVE" and self._is_ours(service.get("tags", [])):
                        yield from_arn(service["serviceArn"])

    def _logs(self) -> Iterator[Owned]:
        """Groups named after the deployment: their tags are listed one by one, too slow for all."""
        api: Any = self._connect("logs")
        pages = api.get_paginator("describe_log_groups").paginate(
            logGroupNamePattern=self._marks["deployment"]
        )
        for group in (group for page in pages for group in page["logGroups"]):
            arn = group["arn"].removesuffix(":*")
            if is_owned(api.list_tags_for_resource(resourceArn=arn)["tags"], self._marks):
                yield Owned("logs:log-group", arn, group["logGroupName"])

    def _others(self) -> Iterator[Owned]:
        filters = [{"Key": mark, "Values": [value]} for mark, value in self._marks.items()]
        api = self._connect("resourcegroupstaggingapi")
        for page in api.get_paginator("get_resources").paginate(TagFilters=filters):
            for mapping in page["ResourceTagMappingList"]:
                owned = from_arn(mapping["ResourceARN"])
                if owned.type.partition(":")[0] not in ASKED:
                    yield owned

    def _is_ours(self, tags: Iterable[Mapping[str, Any]]) -> bool:
        return is_owned(as_dict(tags), self._marks)


def from_arn(arn: str) -> Owned:
    """``arn:aws:ecr:eu-west-1:123456789012:repository/ai`` is the ``ecr:repository`` named ``ai``."""
    _, _, service, _, _, resource = arn.split(":", 5)
    kind, name = _RESOURCE.fullmatch(resource).groups()  # type: ignore[union-attr]  # it matches anything
    return Owned(f"{service}:{kind}" if kind else service, arn, name)
