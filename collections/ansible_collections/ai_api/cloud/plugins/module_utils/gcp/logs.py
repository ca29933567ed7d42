"""Log lines from Cloud Logging."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from ..core.logs import LogLine
from .session import Session

PAGE = 1000


def read_lines(
    connection: Mapping[str, Any], reference: str, since: datetime, count: int, pattern: str | None = None
) -> list[LogLine]:
    """The first ``count`` lines of Cloud Run service ``reference`` from ``since`` on, oldest first.

    ``pattern`` is a condition in Cloud Logging's query language. Raises CloudError.
    """
    session = Session(connection)
    body = {
        "resourceNames": [f"projects/{session.project}"],
        "filter": query(reference, str(connection["region"]), since, pattern),
        "orderBy": "timestamp asc",
        "pageSize": min(count, PAGE),
    }
    return [_line(entry) for entry in islice(_entries(session, body, reference), count)]


def query(service: str, region: str, since: datetime, pattern: str | None) -> str:
    """What the containers wrote, without what Cloud Run itself says about requests."""
    conditions = [
        'resource.type="cloud_run_revision"',
        f"resource.labels.service_name={json.dumps(service)}",
        f"resource.labels.location={json.dumps(region)}",
        'logName:"run.googleapis.com%2Fstd"',
        f'timestamp>="{since.astimezone(UTC).isoformat()}"',
        *([pattern] if pattern else []),  # OR binds more tightly than AND there
    ]
    return " AND ".join(conditions)


def _entries(session: Session, body: dict[str, Any], service: str) -> Iterator[Mapping[str, Any]]:
    while True:
        found = session.call(
            "POST", "logging", "v2/entries:list", "read", f"the logs of {service}", body=body, repeatable=True
        )
        yield from found.get("entries") or []
        if not found.get("nextPageToken"):
            return
        body = {**body, "pageToken": found["nextPageToken"]}


def _line(entry: Mapping[str, Any]) -> LogLine:
    revision = entry.get("resource", {}).get("labels", {}).get("revision_name", "")
    instance = entry.get("labels", {}).get("instanceId", "")
    payload = entry.get("jsonPayload")
    return LogLine(
        datetime.fromisoformat(entry["timestamp"]).astimezone(UTC),
        "/".join(filter(None, (revision, instance))),
        str(entry.get("textPayload", "")) if payload is None else json.dumps(payload, ensure_ascii=False),
    )
