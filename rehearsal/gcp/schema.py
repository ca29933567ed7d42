"""Checks JSON against a discovery document's schemas, in the words of Google's own front end."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from typing import Any

from .discovery import Schemas
from .errors import Violation

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_DURATION = re.compile(r"-?\d+(\.\d{1,9})?s")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
_INT32, _INT64 = range(-(2**31), 2**31), range(-(2**63), 2**63)
_LOOSE: dict[str, Any] = {"type": "any"}


class WrongError(Exception):
    """A scalar is not what it should be; the text is Google's name for what was expected."""


def snake(name: str) -> str:
    return _CAMEL.sub("_", name).lower()


class Checker:
    """One document's schemas. ``requests`` drops output-only fields and reads enums by number."""

    def __init__(self, schemas: Schemas, requests: bool) -> None:
        self._schemas, self._requests = schemas, requests
        self.violations: list[Violation] = []

    def check(self, schema: dict[str, Any], value: Any, path: str) -> Any:
        """The value as it is kept; what is wrong is added to ``violations``."""
        if "$ref" in schema:
            return self._message(schema["$ref"], value, path)
        kind = schema.get("type", "any")
        if kind == "array":
            return self._list(schema, value, path)
        if kind == "object":
            return self._map(schema.get("additionalProperties", _LOOSE), value, path)
        if kind == "any":
            return value
        return self._scalar(schema, value, path)

    def _message(self, name: str, value: Any, path: str) -> Any:
        schema = self._schemas[name]
        if "properties" not in schema:
            if schema.get("additionalProperties"):
                return self._map(schema["additionalProperties"], value, path)
            schema = {**schema, "properties": {}}
        if not isinstance(value, dict):
            self._wrong(path, f"type.googleapis.com/{_proto_name(name)}", value)
            return None
        kept = {}
        for key, content in value.items():
            field = schema["properties"].get(key)
            if field is None:
                self._unknown(path, key)
            elif content is not None and not (self._requests and field.get("readOnly")):
                kept[key] = self.check(field, content, f"{path}.{snake(key)}".lstrip("."))
        return kept

    def _list(self, schema: dict[str, Any], value: Any, path: str) -> Any:
        if not isinstance(value, list):
            self._wrong(path, _expected(schema["items"]), value)
            return None
        return [self.check(schema["items"], item, f"{path}[{index}]") for index, item in enumerate(value)]

    def _map(self, values: dict[str, Any], value: Any, path: str) -> Any:
        if not isinstance(value, dict):
            self._wrong(path, "Map", value)
            return None
        return {
            key: self.check(values, content, f"{path}[{json.dumps(key)}].value")
            for key, content in value.items()
        }

    def _scalar(self, schema: dict[str, Any], value: Any, path: str) -> Any:
        if isinstance(value, (dict, list)):
            parent, _, key = path.rpartition(".")
            what = "not repeating, cannot start list" if isinstance(value, list) else "not a message"
            self._report(parent, f'Unknown name "{key}"', f"Proto field is {what}.")
            return None
        try:
            if "enum" in schema:
                return self._enum(schema["enum"], value)
            return _SCALARS[schema["type"], schema.get("format", "")](value)
        except WrongError as error:
            self._wrong(path, str(error) or f"type.googleapis.com/{path.rpartition('.')[2]}", value)
            return None

    def _enum(self, names: list[str], value: Any) -> str:
        if self._requests and isinstance(value, int) and 0 <= value < len(names):
            return names[value]
        if value not in names:
            raise WrongError
        return str(value)

    def _unknown(self, path: str, key: str) -> None:
        self._report(path, f'Unknown name "{key}"', "Cannot find field.")

    def _report(self, path: str, what: str, why: str) -> None:
        where = f" at '{path}'" if path else ""
        self.violations.append(
            Violation(path, f"Invalid JSON payload received. {what}{where}: {why}"),
        )

    def _wrong(self, path: str, expected: str, value: Any) -> None:
        shown = json.dumps(value)
        self.violations.append(Violation(path, f"Invalid value at '{path}' ({expected}), {shown}"))


def _proto_name(schema: str) -> str:
    """``GoogleCloudRunV2RevisionTemplate`` as google.cloud.run.v2.RevisionTemplate."""
    match = re.fullmatch(r"Google(\w+?)V(\d+(?:beta\d+)?)(\w+)", schema)
    if match is None:
        return schema
    package = ".".join(part.lower() for part in re.findall(r"[A-Z][a-z]+", match[1]))
    return f"google.{package}.v{match[2]}.{match[3]}"


def _expected(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return f"type.googleapis.com/{_proto_name(schema['$ref'])}"
    return "TYPE_" + str(schema.get("format") or schema.get("type")).upper()


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise WrongError("TYPE_STRING")
    return value


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise WrongError("TYPE_BOOL")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise WrongError("TYPE_DOUBLE")
    return value


def _integer(allowed: range, name: str) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not re.fullmatch(r"-?\d+", str(value)) or int(value) not in allowed:
            raise WrongError(name)
        return int(value)

    return read


def _matching(pattern: re.Pattern[str], name: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise WrongError(f"type.googleapis.com/google.protobuf.{name}")
        return value

    return read


def _bytes(value: Any) -> str:
    """Either alphabet is read, the standard one is kept."""
    try:
        standard = _text(value).replace("-", "+").replace("_", "/")
        padded = standard + "=" * (-len(standard) % 4)
        return base64.b64encode(base64.b64decode(padded, validate=True)).decode()
    except binascii.Error as error:
        raise WrongError("TYPE_BYTES") from error


_int64 = _integer(_INT64, "TYPE_INT64")
_SCALARS: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("string", ""): _text,
    ("string", "byte"): _bytes,
    ("string", "int64"): lambda value: str(_int64(value)),
    ("string", "uint64"): lambda value: str(_int64(value)),
    ("string", "google-duration"): _matching(_DURATION, "Duration"),
    ("string", "google-datetime"): _matching(_TIME, "Timestamp"),
    ("string", "google-fieldmask"): _text,
    ("boolean", ""): _boolean,
    ("integer", "int32"): _integer(_INT32, "TYPE_INT32"),
    ("integer", "uint32"): _integer(range(2**32), "TYPE_UINT32"),
    ("number", "float"): _number,
    ("number", "double"): _number,
}
