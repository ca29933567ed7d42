"""Queries to Log Analytics: what the containers of apps wrote, in the little of KQL that one asks it with."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

from ..core.asgi import Request, Response
from .arm.errors import ArmError, answer
from .cloud import ARM_AUDIENCES, LOGS_AUDIENCES, Cloud
from .kinds.workspaces import Workspaces
from .roles import READ_LOGS

TABLE = "ContainerAppConsoleLogs_CL"
COLUMNS = (
    "TimeGenerated",
    "ContainerAppName_s",
    "RevisionName_s",
    "ContainerGroupName_s",
    "ContainerName_s",
    "Log_s",
)
_PATH = re.compile(r"/v1/workspaces/(?P<customer>[^/]+)/query")
_WHERE = re.compile(
    r"where (?P<column>\w+) (?P<operator>==|=~|!=|contains|has|startswith|>=|>|<=|<) (?P<value>.+)"
)
_AGO = re.compile(r"ago\((\d+)(s|m|h|d)\)")
_TEXT = re.compile(r"""datetime\(([^)]+)\)|"([^"]*)"|'([^']*)'""")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DELAY = datetime.timedelta(seconds=1)  # what a line takes until it can be found; minutes in Azure

_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "==": lambda found, wanted: found == wanted,
    "=~": lambda found, wanted: found.casefold() == wanted.casefold(),
    "!=": lambda found, wanted: found != wanted,
    "contains": lambda found, wanted: wanted.casefold() in found.casefold(),
    "has": lambda found, wanted: wanted.casefold() in found.casefold(),
    "startswith": lambda found, wanted: found.casefold().startswith(wanted.casefold()),
    ">=": lambda found, wanted: found >= wanted,
    ">": lambda found, wanted: found > wanted,
    "<=": lambda found, wanted: found <= wanted,
    "<": lambda found, wanted: found < wanted,
}


@dataclass(frozen=True)
class Line:
    """``time`` in seconds since 1970."""

    time: float
    app: str
    revision: str
    replica: str
    container: str
    text: str

    def row(self) -> dict[str, str]:
        moment = datetime.datetime.fromtimestamp(self.time, datetime.UTC)
        values = (_time(moment), self.app, self.revision, self.replica, self.container, self.text)
        return dict(zip(COLUMNS, values, strict=True))


class LogQueries:
    """``lines`` gives those of the apps that log to the workspace with a customer id."""

    def __init__(self, cloud: Cloud, workspaces: Workspaces, lines: Callable[[str], Iterable[Line]]) -> None:
        self._cloud = cloud
        self._workspaces = workspaces
        self._lines = lines

    def answer(self, request: Request) -> Response:
        try:
            match = _PATH.fullmatch(request.path)
            if match is None:
                raise ArmError(404, "PathNotFoundError", f"There is nothing at '{request.path}'.")
            self._check(match["customer"], request)
            given = (
                request.json() if request.method == "POST" else {k: v[0] for k, v in request.query.items()}
            )
            return answer(self._table(match["customer"], str(given.get("query", ""))))
        except json.JSONDecodeError as error:
            return ArmError(
                400, "BadArgumentError", f"The request had some invalid properties: {error}"
            ).response()
        except ArmError as error:
            return error.response()

    def _check(self, customer: str, request: Request) -> None:
        audiences = (*LOGS_AUDIENCES, *ARM_AUDIENCES, self._cloud.endpoint)
        caller = self._cloud.tokens.caller(request.headers, audiences)
        workspace = self._workspaces.by_customer(customer)
        if workspace is None:
            raise ArmError(404, "WorkspaceNotFoundError", f"The workspace '{customer}' could not be found.")
        if not self._cloud.roles.allow(caller, READ_LOGS, workspace.id):
            message = "The provided credentials have insufficient access to perform the requested operation."
            raise ArmError(403, "InsufficientAccessError", message)

    def _table(self, customer: str, query: str) -> dict[str, Any]:
        table, *steps = (step.strip() for step in query.strip().split("|"))
        if table != TABLE:
            message = f"'where' operator: Failed to resolve table or column expression named '{table}'."
            raise ArmError(400, "BadArgumentError", message, inner="SemanticError")
        moment = datetime.datetime.now(datetime.UTC)
        visible = (moment - _DELAY).timestamp()
        rows = [line.row() for line in self._lines(customer) if line.time <= visible]
        columns = list(COLUMNS)
        for step in steps:
            rows, columns = _stepped(step, rows, columns, moment)
        kinds = [{"name": name, "type": "datetime" if name == COLUMNS[0] else "string"} for name in columns]
        values = [[row[name] for name in columns] for row in rows]
        return {"tables": [{"name": "PrimaryResult", "columns": kinds, "rows": values}]}


def _stepped(
    step: str, rows: list[dict[str, str]], columns: list[str], moment: datetime.datetime
) -> tuple[list[dict[str, str]], list[str]]:
    word, _, rest = step.partition(" ")
    if word == "where":
        for condition in re.split(r"\s+and\s+", rest):
            rows = _where(f"where {condition}", rows, moment)
    elif word in ("order", "sort"):
        match = re.fullmatch(r"by (\w+)( asc| desc)?", rest) or _refuse(step)
        rows = sorted(rows, key=lambda row: row[_column(match[1])], reverse=(match[2] or " desc") == " desc")
    elif word in ("take", "limit"):
        rows = rows[: int(rest)] if rest.isdecimal() else _refuse(step)
    elif word == "top":
        match = re.fullmatch(r"(\d+) by (\w+)( asc| desc)?", rest) or _refuse(step)
        descending = (match[3] or " desc") == " desc"
        rows = sorted(rows, key=lambda row: row[_column(match[2])], reverse=descending)[: int(match[1])]
    elif word == "project":
        columns = [_column(name.strip()) for name in rest.split(",")]
    else:
        _refuse(step)
    return rows, columns


def _where(step: str, rows: list[dict[str, str]], moment: datetime.datetime) -> list[dict[str, str]]:
    match = _WHERE.fullmatch(step) or _refuse(step)
    column, accepts = _column(match["column"]), _OPERATORS[match["operator"]]
    wanted = _value(match["value"], column, moment)
    return [row for row in rows if accepts(row[column], wanted)]


def _value(text: str, column: str, moment: datetime.datetime) -> str:
    ago, literal = _AGO.fullmatch(text), _TEXT.fullmatch(text)
    if ago:
        return _time(moment - datetime.timedelta(**{_UNITS[ago[2]]: int(ago[1])}))
    if literal is None:
        _refuse(text)
    elif column == COLUMNS[0]:
        try:
            parsed = datetime.datetime.fromisoformat((literal[1] or literal[2] or literal[3]).strip("'\""))
        except ValueError:
            _refuse(text)
        zoned = parsed if parsed.tzinfo else parsed.replace(tzinfo=datetime.UTC)
        return _time(zoned.astimezone(datetime.UTC))
    return next(part for part in literal.groups() if part is not None)


def _column(name: str) -> str:
    return name if name in COLUMNS else _refuse(name)


def _refuse(text: str) -> NoReturn:
    message = f"The rehearsal does not know this part of the query: '{text}'."
    raise ArmError(400, "BadArgumentError", message, inner="SyntaxError")


def _time(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
