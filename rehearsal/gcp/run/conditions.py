"""Conditions: what Cloud Run says of how far a service or a revision is."""

from __future__ import annotations

from ..rpc import Json, now


def working(kind: str = "Ready") -> Json:
    return {"type": kind, "state": "CONDITION_RECONCILING", "lastTransitionTime": now()}


def fine(kind: str = "Ready") -> Json:
    return {"type": kind, "state": "CONDITION_SUCCEEDED", "lastTransitionTime": now()}


def failed(message: str, kind: str = "Ready", **reason: str) -> Json:
    """``reason`` is one of the condition's own enums: ``reason`` or ``revisionReason``."""
    condition = {"type": kind, "state": "CONDITION_FAILED", "message": message, **reason}
    return {**condition, "severity": "ERROR", "lastTransitionTime": now()}
