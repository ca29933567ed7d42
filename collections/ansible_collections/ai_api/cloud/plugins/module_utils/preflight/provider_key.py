"""The key that the service calls its provider with."""

from __future__ import annotations

from collections.abc import Iterator

from ..core.finding import Finding, failed

NAME = "provider key"


def unusable_key(key: object) -> Iterator[Finding]:
    """A key that is not there, or that could not be sent in a header; its value is never shown."""
    if not isinstance(key, str) or not key.strip():
        yield failed(
            NAME,
            expected="the provider key in OPENAI_API_KEY or secret_store_openai_api_key",
            found="neither",
            next_step="export OPENAI_API_KEY=..., or put secret_store_openai_api_key into a vault file: "
            "ansible-vault create inventories/<name>/group_vars/all/vault.yml",
        )
    elif not key.strip().isascii() or not key.strip().isprintable() or " " in key.strip():
        yield failed(
            NAME,
            expected="printable ASCII characters without spaces",
            found=f"something else among its {len(key)} characters",
            next_step="Copy the key again, without quotes, line breaks or a prompt around it",
        )
