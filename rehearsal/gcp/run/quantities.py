"""Amounts as Kubernetes and Cloud Run write them."""

from __future__ import annotations

import re

_MEMORY = re.compile(r"(\d+)(k|M|G|Ki|Mi|Gi)?")
_CPU = re.compile(r"(\d+)m|\d+(\.\d+)?")
_UNITS = {None: 1, "k": 10**3, "M": 10**6, "G": 10**9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


def cores(text: str) -> float:
    """``500m`` is 0.5. Raise ValueError."""
    match = _CPU.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return int(match[1]) / 1000 if match[1] else float(text)


def size(text: str) -> int:
    """Bytes of ``512Mi``. Raise ValueError."""
    match = _MEMORY.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return int(match[1]) * _UNITS[match[2]]


def seconds(text: str) -> float:
    """Of a protobuf duration, ``300s``."""
    return float(text.removesuffix("s"))
