"""One CloudFormation stack: every call that is made about it, errors explained."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from botocore.client import BaseClient
from botocore.exceptions import BotoCoreError, ClientError

from ...core.errors import CloudError
from ..errors import explain, explained
from . import events
from .template import Template

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackEventTypeDef, StackResourceTypeDef, StackTypeDef

Request = dict[str, Any]
_BUSY = re.compile(r"\w+_IN_PROGRESS state")


class BusyError(CloudError):
    """Another run has begun to work on the stack since it was read."""


class Stack:
    def __init__(self, cloudformation: BaseClient, name: str) -> None:
        self.api = cast("CloudFormationClient", cloudformation)
        self.name = name
        self.request_id: str | None = None  # of the last change asked for

    def read(self, stack_id: str | None = None) -> StackTypeDef | None:
        """What DescribeStacks says, or None where there is no such stack. By id also when it is deleted."""
        try:
            return self.api.describe_stacks(StackName=stack_id or self.name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in error.response["Error"].get("Message", ""):
                return None
            raise explain(error, "read", f"stack {self.name}") from error
        except BotoCoreError as error:
            raise explain(error, "read", f"stack {self.name}") from error

    def template(self) -> Template:
        with explained("read the template of", f"stack {self.name}"):
            return Template.parse(self.api.get_template(StackName=self.name)["TemplateBody"])

    def resources(self) -> list[StackResourceTypeDef]:
        with explained("read the resources of", f"stack {self.name}"):
            return self.api.describe_stack_resources(StackName=self.name)["StackResources"]

    def physical_ids(self) -> dict[str, str]:
        return {each["LogicalResourceId"]: each.get("PhysicalResourceId", "") for each in self.resources()}

    def events(self, stack_id: str) -> Iterator[StackEventTypeDef]:
        """The events of the last operation, newest first; pages are read as they are asked for."""
        with explained("read the events of", f"stack {self.name}"):
            pages = self.api.get_paginator("describe_stack_events").paginate(StackName=stack_id)
            yield from events.of_last_operation(event for page in pages for event in page["StackEvents"])

    def create(self, request: Request) -> str:
        """The id of the stack that begins to be."""
        return str(self._change("create", request)["StackId"])

    def update(self, request: Request) -> bool:
        """False if there was nothing to update."""
        try:
            self._change("update", request)
        except CloudError as error:
            if "No updates are to be performed" in error.summary:
                return False
            raise
        return True

    def delete(self) -> None:
        self._change("delete", {})

    def roll_back(self) -> None:
        self._change("rollback", {})

    def continue_rollback(self, skip: list[str]) -> None:
        self._change("continue_update_rollback", {"ResourcesToSkip": skip} if skip else {})

    def _change(self, verb: str, request: Request) -> dict[str, Any]:
        operation = verb if verb == "continue_update_rollback" else f"{verb}_stack"
        action = verb.replace("_", " ")
        try:
            # With the token, a retried request whose first try did arrive is not taken for a second one.
            response: dict[str, Any] = getattr(self.api, operation)(
                StackName=self.name, ClientRequestToken=str(uuid.uuid4()), **request
            )
        except (BotoCoreError, ClientError) as error:
            failure = explain(error, action, f"stack {self.name}")
            if failure.code == "AlreadyExistsException" or _BUSY.search(failure.summary):
                raise BusyError(failure.summary, code=failure.code, request_id=failure.request_id) from error
            raise failure from error
        self.request_id = response["ResponseMetadata"].get("RequestId")
        return response


def policy(protected: list[str]) -> str:
    """A stack policy that lets everything be updated, and nothing ``protected`` be replaced or removed."""
    statements: list[dict[str, Any]] = [
        {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}
    ]
    if protected:
        statements.append(
            {
                "Effect": "Deny",
                "Action": ["Update:Replace", "Update:Delete"],
                "Principal": "*",
                "Resource": [f"LogicalResourceId/{name}" for name in sorted(protected)],
            }
        )
    return json.dumps({"Statement": statements})
