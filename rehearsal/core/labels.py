"""The labels by which the rehearsal knows its containers again."""

from __future__ import annotations

LABEL = "managed-by"
OWNER = "ai-api-rehearsal"
INSTANCE_LABEL = "ai-api-rehearsal.instance"
CLOUD_LABEL = "ai-api-rehearsal.cloud"


def labels(instance: str, cloud: str) -> dict[str, str]:
    """Of every container and network of this instance's stand-in for a cloud."""
    return {LABEL: OWNER, INSTANCE_LABEL: instance, CLOUD_LABEL: cloud}
