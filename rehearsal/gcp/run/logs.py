"""Cloud Logging's entries:list, of what Cloud Run's instances wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from ...core.runner import LogEntry
from ..collection import page
from ..errors import ApiError
from ..rpc import Handlers, Json, Rpc

DOCUMENT = "logging.v2"
_TERM = re.compile(
    r'\s*(?:AND\s+)?(?P<field>[\w.]+)\s*(?P<operator>>=|<=|!=|=|:|>|<)\s*(?P<value>"(?:[^"\\]|\\.)*"|[^\s()]+)'
)
_SEVERITIES = ("DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">=": lambda left, right: left >= right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    "<": lambda left, right: left < right,
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    ":": lambda left, right: right in left,
}


class Logs:
    """``entries`` gives what was written, as (full name of the service, entry)."""

    def __init__(self, project: str, entries: Callable[[], Iterable[tuple[str, LogEntry]]]) -> None:
        self._project, self._entries = project, entries

    @property
    def handlers(self) -> Handlers:
        return {"logging.entries.list": self._list}

    def _list(self, rpc: Rpc) -> Json:
        if rpc.body.get("resourceNames") != [f"projects/{self._project}"]:
            text = f"resource_names must be [projects/{self._project}] here."
            raise ApiError("INVALID_ARGUMENT", text)
        if (order := rpc.body.get("orderBy", "timestamp asc")) not in ("timestamp asc", "timestamp desc"):
            raise ApiError("INVALID_ARGUMENT", f"order_by '{order}' is not supported.")
        terms = _terms(rpc.body.get("filter", ""))
        shown = (self._shown(service, entry) for service, entry in self._entries())
        found = [one for one in shown if all(_holds(one, *term) for term in terms)]
        found.sort(key=lambda one: str(one["timestamp"]), reverse=order == "timestamp desc")
        return page(found, rpc.body, "entries", 50)

    def _shown(self, service: str, entry: LogEntry) -> Json:
        _, project, _, location, _, name = service.split("/")
        log, instance = (
            ("stdout", {"instanceId": entry.instance}) if entry.instance else ("varlog%2Fsystem", {})
        )
        time = datetime.fromtimestamp(entry.time, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return {
            **_payload(entry.line),
            "logName": f"projects/{project}/logs/run.googleapis.com%2F{log}",
            "resource": {
                "type": "cloud_run_revision",
                "labels": {
                    "project_id": project,
                    "location": location,
                    "service_name": name,
                    "revision_name": entry.revision,
                    "configuration_name": name,
                },
            },
            "labels": instance,
            "timestamp": time,
            "receiveTimestamp": time,
            "insertId": f"{int(entry.time * 1e6):x}",
        }


def _payload(line: str) -> Json:
    """A line that is a JSON object is one; its severity is the entry's."""
    try:
        content = json.loads(line)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        return {"textPayload": line}
    severity = str(content.pop("severity", "")).upper()
    return {"jsonPayload": content, **({"severity": severity} if severity in _SEVERITIES else {})}


def _terms(text: str) -> list[tuple[str, str, str]]:
    """Field, operator and value of each part of a filter, all of which must hold. Raise ApiError."""
    terms, position = [], 0
    while text[position:].strip():
        match = _TERM.match(text, position)
        if match is None:
            raise ApiError(
                "INVALID_ARGUMENT",
                "Unparseable filter: the stand-in knows comparisons that all must hold, "
                f"not '{text[position:]}'.",
            )
        value = match["value"]
        terms.append((match["field"], match["operator"], json.loads(value) if value[0] == '"' else value))
        position = match.end()
    return terms


def _holds(entry: Json, field: str, operator: str, value: str) -> bool:
    found: Any = entry
    for key in field.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    if field == "severity":
        found = found or "DEFAULT"
        ranked = _SEVERITIES.index(value) if value in _SEVERITIES else 0
        return _COMPARE[operator](_SEVERITIES.index(found), ranked)
    if found is None:
        return operator == "!="
    text = found if isinstance(found, str) else json.dumps(found)
    if field == "timestamp":
        return _COMPARE[operator](_time(text), _time(value))
    return _COMPARE[operator](text, value)


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ApiError("INVALID_ARGUMENT", f"'{text}' is not a time.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
