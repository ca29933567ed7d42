"""Where the provider's key comes from: the environment first, else the cloud's secret manager."""

from __future__ import annotations

import structlog

from . import secret_sources
from .errors import NoKeyError
from .setting_types import check_key
from .settings import Settings

log = structlog.stdlib.get_logger()


def resolve_key(settings: Settings) -> str:
    """The key. Blocks while a secret manager is asked; raises NoKeyError."""
    if settings.openai_api_key:
        return settings.openai_api_key.get_secret_value()
    source = settings.secret_source
    if source == "none":
        raise NoKeyError("No provider key is configured: set OPENAI_API_KEY or SECRET_SOURCE and SECRET_ID")
    try:
        return check_key(secret_sources.fetch(source, settings.secret_id, settings.secret_endpoint_url))
    except Exception as error:  # each SDK has its own, and none may end the service
        log.warning("provider key not fetched", source=source, error=str(error)[:500])
        raise NoKeyError(
            f"The provider key could not be fetched from {source}: {type(error).__name__}"
        ) from error
