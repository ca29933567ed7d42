"""One call of an API's method, as its handler sees it."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .discovery import Method

Json = dict[str, Any]


@dataclass(frozen=True)
class Rpc:
    """``name`` is the resource or the parent, with the project's id; ``caller`` an e-mail address."""

    method: Method
    name: str
    query: Mapping[str, Any]
    body: Json
    caller: str

    @property
    def id(self) -> str:
        """The last part of the name."""
        return self.name.rpartition("/")[2]


Handler = Callable[[Rpc], Json | Awaitable[Json]]
Handlers = dict[str, Handler]


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def etag() -> str:
    return f'"{secrets.token_hex(7)}"'


def bytes_etag() -> str:
    """For those etags that are bytes in JSON."""
    return base64.b64encode(secrets.token_bytes(8)).decode()
