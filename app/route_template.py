"""The name of the route that a request was for, of which there are only a few."""

from __future__ import annotations

from starlette.types import Scope

from .openai_routes import MODELS_PATH
from .rate_limit import LIMITED
from .request_context import HEALTH_PATHS

# What is refused before it is routed still has its name.
PATHS = LIMITED | HEALTH_PATHS | {MODELS_PATH}


def route_template(scope: Scope) -> str | None:
    """``/generate``, ``/v1/models/{model:path}``; None for what has no route here."""
    template = getattr(scope.get("route"), "path", None) or scope["path"]
    return template if "route" in scope or template in PATHS else None
