"""Operations that go on after Azure has answered, and how to learn of their end."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple

import httpx

TERMINAL = frozenset({"succeeded", "failed", "canceled", "cancelled"})


class Kind(Enum):
    STATUS = "Azure-AsyncOperation"  # its content says how it goes
    LOCATION = "Location"  # it answers 202 until the end


class Operation(NamedTuple):
    url: str
    kind: Kind


class Verdict(Enum):
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


def begun_by(answer: httpx.Response) -> Operation | None:
    """The operation that the ``answer`` to a PUT, PATCH, POST or DELETE tells of."""
    if url := answer.headers.get(Kind.STATUS.value):
        return Operation(url, Kind.STATUS)
    url = answer.headers.get(Kind.LOCATION.value)
    return Operation(url, Kind.LOCATION) if url and answer.status_code in {201, 202} else None


def judge(kind: Kind, answer: httpx.Response) -> Verdict:
    """How the operation goes, by what its URL answers."""
    content = content_of(answer)
    if kind is Kind.STATUS:
        return verdict_of(str(content.get("status", "")))
    if answer.status_code == 202:
        return Verdict.RUNNING
    return verdict_of(state_of(content))


def state_of(resource: Mapping[str, Any]) -> str:
    """The provisioning state; types that have none are always there at once."""
    return str((resource.get("properties") or {}).get("provisioningState") or "Succeeded")


def verdict_of(state: str) -> Verdict:
    if state.casefold() == "succeeded":
        return Verdict.SUCCEEDED
    return Verdict.FAILED if state.casefold() in TERMINAL else Verdict.RUNNING


def content_of(answer: httpx.Response) -> dict[str, Any]:
    """The JSON object in ``answer``; empty where there is none."""
    try:
        content = answer.json()
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
