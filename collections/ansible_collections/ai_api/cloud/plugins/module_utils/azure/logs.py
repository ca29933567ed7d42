"""Log lines from Azure Log Analytics."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..core.errors import CloudError
from ..core.logs import LogLine
from .errors import ApiError
from .session import Session

TABLE = "ContainerAppConsoleLogs_CL"


def read_lines(
    connection: Mapping[str, Any], reference: str, since: datetime, count: int, pattern: str | None = None
) -> list[LogLine]:
    """The first ``count`` lines of an app from ``since`` on, oldest first.

    ``reference`` is ``<customer id of the workspace>/<name of the app>``, ``pattern`` a condition in Kusto's
    query language. Raises CloudError.
    """
    workspace, _, app = reference.partition("/")
    if not app:
        raise CloudError(
            f"{reference!r} does not say where the logs are",
            next_step="Expected the workspace's customer id and the app's name: <customer id>/<app>.",
        )
    session = Session(connection)
    url = f"{session.environment.logs}/v1/workspaces/{workspace}/query"
    body = {"query": query(app, since, count, pattern)}
    try:
        answer = session.send(
            "POST", url, session.environment.logs, "read", f"the logs of {app}", body=body
        ).json()
    except ApiError as error:
        if TABLE in error.summary:  # the table is made with the first line in it
            return []
        raise
    return [
        LogLine(datetime.fromisoformat(time).astimezone(UTC), source, message)
        for time, source, message in answer["tables"][0]["rows"]
    ]


def query(app: str, since: datetime, count: int, pattern: str | None) -> str:
    conditions = [
        f"TimeGenerated >= datetime({since.astimezone(UTC).isoformat()})",
        f"ContainerAppName_s == {json.dumps(app)}",
        *([pattern] if pattern else []),
    ]
    steps = [
        TABLE,
        *(f"where {condition}" for condition in conditions),
        "order by TimeGenerated asc",
        f"take {count}",
        "project TimeGenerated, ContainerGroupName_s, Log_s",
    ]
    return " | ".join(steps)
