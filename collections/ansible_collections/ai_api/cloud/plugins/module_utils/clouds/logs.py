"""Reading a service's log lines, whichever cloud has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ..aws import logs as aws
from ..azure import logs as azure
from ..core.logs import LogLine
from ..gcp import logs as gcp

READERS: dict[str, Callable[[Mapping[str, Any], str, datetime, int, str | None], list[LogLine]]] = {
    "aws": aws.read_lines,
    "gcp": gcp.read_lines,
    "azure": azure.read_lines,
}


def read_lines(
    connection: Mapping[str, Any], reference: str, since: datetime, count: int, pattern: str | None = None
) -> list[LogLine]:
    """The first ``count`` lines from ``since`` on, oldest first.

    ``reference`` and ``pattern`` are as the cloud of the CONNECTION options has them. Raises CloudError.
    """
    return READERS[connection["cloud"]](connection, reference, since, count, pattern)
