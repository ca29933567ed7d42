"""Log lines from CloudWatch Logs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from ..core.logs import LogLine
from .errors import explained
from .session import client, preload

preload("logs")


def read_lines(
    connection: Mapping[str, Any], group: str, since: datetime, count: int, pattern: str | None = None
) -> list[LogLine]:
    """The first ``count`` lines of log group ``group`` from ``since`` on, oldest first.

    ``pattern`` is a CloudWatch filter pattern. Raises CloudError.
    """
    logs = client("logs", connection)
    request: dict[str, Any] = {
        "logGroupName": group,
        "startTime": int(since.timestamp() * 1000),
        "limit": min(count, 10_000),
    }
    if pattern:
        request["filterPattern"] = pattern
    with explained("read", f"log group {group}"):
        pages = logs.get_paginator("filter_log_events").paginate(**request)
        events = list(islice((event for page in pages for event in page["events"]), count))
    return [
        LogLine(
            datetime.fromtimestamp(event["timestamp"] / 1000, UTC), event["logStreamName"], event["message"]
        )
        for event in events
    ]
