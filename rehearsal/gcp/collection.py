"""The resources of one kind, kept by name, with what Google's APIs do alike for all of them."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from . import mask
from .errors import ApiError
from .rpc import Json, Rpc, etag, now

_LABELS_MOST = 64


@dataclass(frozen=True)
class Kind:
    """Rules of a kind of resource.

    ``missing`` and ``exists`` are its messages, with {name}, {id}, {location} and {project}. ``immutable``
    are fields that keep their first value. ``masked`` says that a PATCH needs its mask, ``whole`` that one
    without it replaces everything. ``fallback`` is a page's length when none is asked for; ``newest`` lists
    the newest first; ``times`` are kept of each.
    """

    collection: str
    parameter: str
    pattern: re.Pattern[str]
    missing: str
    exists: str
    rule: str
    immutable: tuple[str, ...] = ()
    masked: bool = False
    fallback: int = 100
    newest: bool = False
    whole: bool = False
    times: tuple[str, ...] = ("createTime", "updateTime")


@dataclass
class Collection:
    """``items`` by full name, in the order in which they were made."""

    kind: Kind
    items: dict[str, Json] = field(default_factory=dict)

    def find(self, name: str) -> Json:
        """The record itself. Raise ApiError."""
        if name not in self.items:
            raise ApiError("NOT_FOUND", self.kind.missing.format(**_parts(name)))
        return self.items[name]

    def new_name(self, rpc: Rpc) -> str:
        """The name of the resource that is to be made. Raise ApiError."""
        chosen = rpc.query.get(self.kind.parameter, "")
        if not self.kind.pattern.fullmatch(chosen):
            raise ApiError("INVALID_ARGUMENT", f"Invalid {self.kind.parameter} '{chosen}': {self.kind.rule}")
        name = f"{rpc.name}/{self.kind.collection}/{chosen}"
        if name in self.items:
            raise ApiError("ALREADY_EXISTS", self.kind.exists.format(**_parts(name)))
        return name

    def add(self, name: str, content: Json) -> Json:
        check_labels(content)
        self.items[name] = {**content, "name": name, **dict.fromkeys(self.kind.times, now()), "etag": etag()}
        return self.items[name]

    def patched(self, rpc: Rpc) -> Json:
        """What the resource would be after this PATCH. Raise ApiError."""
        current = self.find(rpc.name)
        check_etag(current, rpc.body)
        wanted = rpc.query.get("updateMask") or ("*" if self.kind.whole else None)
        if self.kind.masked and not wanted:
            raise ApiError("INVALID_ARGUMENT", "The update mask is required: name the fields to update.")
        schema = rpc.method.request or ""
        changed = mask.apply(wanted, rpc.body, current, rpc.method.schemas, schema)
        for key in self.kind.immutable:
            if changed.get(key) != current.get(key):
                raise ApiError("INVALID_ARGUMENT", f"The field {key} is immutable and cannot be changed.")
        check_labels(changed)
        return changed

    def replace(self, name: str, content: Json) -> Json:
        """Keep the changed resource; only a real change makes a new etag."""
        changed = {**content, "name": name}
        if changed != self.items[name]:
            updated = {"updateTime": now()} if "updateTime" in self.kind.times else {}
            self.items[name] = {**changed, **updated, "etag": etag()}
        return self.items[name]

    def remove(self, name: str, sent: Mapping[str, Any] | None = None) -> Json:
        found = self.find(name)
        check_etag(found, sent or {})
        return self.items.pop(name)

    def children(self, parent: str) -> list[Json]:
        prefix = f"{parent}/{self.kind.collection}/"
        found = [item for name, item in self.items.items() if name.startswith(prefix)]
        return found[::-1] if self.kind.newest else found

    def page(self, rpc: Rpc, key: str) -> Json:
        return page(deepcopy(self.children(rpc.name)), rpc.query, key, self.kind.fallback)


def page(items: list[Json], asked: Mapping[str, Any], key: str, fallback: int = 100) -> Json:
    """One page of a list. Raise ApiError for a token that is not ours."""
    size = asked.get("pageSize", 0)
    if size < 0:
        raise ApiError("INVALID_ARGUMENT", "The page size must not be negative.")
    start = _start(asked.get("pageToken", ""))
    end = start + (size or fallback)
    answer: Json = {key: items[start:end]} if items[start:end] else {}
    if end < len(items):
        answer["nextPageToken"] = base64.urlsafe_b64encode(f"from {end}".encode()).decode()
    return answer


def _start(token: str) -> int:
    if not token:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("from "))
    except ValueError as error:
        raise ApiError("INVALID_ARGUMENT", "The page token is invalid.") from error


def check_etag(current: Json, sent: Mapping[str, Any]) -> None:
    if sent.get("etag", "") not in ("", current.get("etag", "")):
        raise ApiError(
            "ABORTED",
            f"The etag provided '{sent['etag']}' does not match the current etag of the resource. "
            "Please retry the whole read-modify-write with exponential backoff.",
        )


def check_labels(content: Json) -> None:
    """Raise ApiError for labels that Google does not take."""
    labels = content.get("labels") or {}
    if len(labels) > _LABELS_MOST:
        raise ApiError("INVALID_ARGUMENT", f"There must be at most {_LABELS_MOST} labels.")
    for key, value in labels.items():
        if not key[:1].isalpha() or not _fit(key) or not _fit(value):
            raise ApiError(
                "INVALID_ARGUMENT",
                f"Invalid label '{key}': '{value}'. Keys must start with a lower-case letter; keys and "
                "values hold lower-case letters, digits, '_' and '-' only, 63 characters at most.",
            )


def _fit(text: str) -> bool:
    return len(text) <= 63 and all((one.isalnum() and not one.isupper()) or one in "_-" for one in text)


def _parts(name: str) -> dict[str, str]:
    words = name.split("/")
    pairs = dict(zip(words[::2], words[1::2], strict=False))
    return {
        "name": name,
        "id": words[-1],
        "location": pairs.get("locations", ""),
        "project": pairs.get("projects", ""),
    }
