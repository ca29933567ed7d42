"""Who deploys: credentials that the cloud accepts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..aws.errors import explained
from ..aws.session import client, preload

preload("sts")


def caller(connection: Mapping[str, Any]) -> str:
    """The account and identity behind the CONNECTION options. Raises CloudError."""
    sts: Any = client("sts", connection)
    with explained("ask who deploys", f"AWS in {connection['region']}"):
        identity = sts.get_caller_identity()
    return f"account {identity['Account']} as {identity['Arn']}"
