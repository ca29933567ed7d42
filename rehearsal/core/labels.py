"""The labels by which the rehearsal knows its containers again."""

from __future__ import annotations

LABEL = "managed-by"
OWNER = "ai-api-rehearsal"
INSTANCE_LABEL = "ai-api-rehearsal.instance"


def labels(instance: str) -> dict[str, str]:
    """Of every container and network of this instance."""
    return {LABEL: OWNER, INSTANCE_LABEL: instance}
