"""The clouds' secret managers, one module each, so that only the SDK of the one in use is imported."""

from __future__ import annotations

from importlib import import_module

TIMEOUT_SECONDS = 5.0


def fetch(source: str, secret_id: str, endpoint_url: str | None) -> str:
    """The value of the secret; blocks, and raises whatever the vendor's SDK raises.

    ``source`` is aws, gcp or azure; ``endpoint_url`` replaces the vendor's address.
    """
    module = import_module(f"{__name__}.{source}")
    value: str = module.fetch(secret_id, endpoint_url)
    return value
