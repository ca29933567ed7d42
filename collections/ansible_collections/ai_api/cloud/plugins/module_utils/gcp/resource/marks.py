"""Whose a resource is: its labels, and for types that have none, a form of them in its description."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..discovery import Kind

SHARED = "shared-by-"
IN_USE = "in-use"
_SHARED_BY = "shared-by"
_MARKS = re.compile(r"\s*\[([^\[\]]*managed-by=[^\[\]]*)\]\Z")

Labels = dict[str, str]


def labels_of(kind: Kind, live: Mapping[str, Any]) -> Labels:
    """The labels of a resource as it is."""
    if kind.has_labels:
        return dict(live.get("labels") or {})
    return parsed(str(live.get("description") or ""))


def with_labels(kind: Kind, body: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
    """``body`` with the ``labels``, and no others in a description."""
    if kind.has_labels:
        return {**body, "labels": {**(body.get("labels") or {}), **labels}}
    if kind.has_description:
        return {**body, "description": described(str(body.get("description") or ""), labels)}
    return dict(body)


def shared_mark(target: str) -> str:
    """The label that says that ``target`` uses what others use too."""
    return f"{SHARED}{target}"


def sharers(labels: Mapping[str, str]) -> set[str]:
    return {name.removeprefix(SHARED) for name in labels if name.startswith(SHARED)}


def described(text: str, labels: Mapping[str, str]) -> str:
    """``text [managed-by=ai-api deployment=ai-api shared-by=us-east1,us-west1]``: Google takes 256 bytes."""
    own = [f"{name}={value}" for name, value in labels.items() if not name.startswith(SHARED)]
    shared = sorted(sharers(labels))
    marks = " ".join([*own, *([f"{_SHARED_BY}={','.join(shared)}"] if shared else [])])
    return f"{_MARKS.sub('', text).strip()} [{marks}]".strip()


def parsed(description: str) -> Labels:
    """The labels in what ``described`` made; empty where there are none."""
    match = _MARKS.search(description)
    labels: Labels = {}
    for mark in match.group(1).split() if match else []:
        name, _, value = mark.partition("=")
        if name == _SHARED_BY:
            labels |= {shared_mark(target): IN_USE for target in value.split(",")}
        else:
            labels[name] = value
    return labels
