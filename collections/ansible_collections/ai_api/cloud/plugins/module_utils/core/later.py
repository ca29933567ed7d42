"""Placeholders of what only a deployment will tell, for check mode on what does not exist yet."""

from __future__ import annotations

LATER = "known after deployment"


def later(what: str) -> str:
    """For example ``<output Url of ai-api-service, known after deployment>``."""
    return f"<{what}, {LATER}>"
