"""Who deploys: credentials that the cloud accepts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..aws.errors import explained
from ..aws.session import client, preload
from ..azure.session import SUBSCRIPTIONS, Session
from ..gcp import caller as gcp

preload("sts")


def caller(connection: Mapping[str, Any]) -> str:
    """The account and identity behind the CONNECTION options. Raises CloudError."""
    return CALLERS[connection["cloud"]](connection)


def _aws(connection: Mapping[str, Any]) -> str:
    sts: Any = client("sts", connection)
    with explained("ask who deploys", f"AWS in {connection['region']}"):
        identity = sts.get_caller_identity()
    return f"account {identity['Account']} as {identity['Arn']}"


def _azure(connection: Mapping[str, Any]) -> str:
    session = Session(connection)
    what = f"subscription {connection.get('subscription_id')}"
    found = session.arm("GET", session.subscription, "read", what, version=SUBSCRIPTIONS).json()
    caller = session.caller()
    return f"{what} ({found.get('displayName')}) as {caller.name}, object id {caller.object_id}"


CALLERS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "aws": _aws,
    "gcp": gcp.caller,
    "azure": _azure,
}
