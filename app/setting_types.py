"""What the values of settings may look like; the checks raise ValueError that says what was expected."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from .api_keys import ApiKeys

SecretSource = Literal["none", "aws", "gcp", "azure"]
KeysSource = Literal["none", "env", "aws", "gcp", "azure"]

# What SECRET_ID looks like for each source, and how to say so.
SECRET_ID_FORMS: dict[SecretSource, tuple[str, str]] = {
    "aws": (r"[\w/+=.@:-]+", "the name or ARN of the secret"),
    "gcp": (
        r"projects/[^/]+/secrets/[^/]+/versions/[^/]+",
        "projects/PROJECT/secrets/SECRET/versions/VERSION",
    ),
    "azure": (r"https://[^/]+/secrets/[^/]+(/[^/]+)?", "https://VAULT.vault.azure.net/secrets/SECRET"),
}


def _split(value: object) -> object:
    return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value


def _origins(value: tuple[str, ...]) -> tuple[str, ...]:
    for origin in value:
        if origin != "*" and not re.fullmatch(r"https?://[^/\s]+", origin):
            raise ValueError("expected origins like https://app.example.com, separated by commas, or *")
    if "*" in value and len(value) > 1:
        raise ValueError("expected either * or a list of origins, not both")
    return value


def _http_url(value: str) -> str:
    if not re.fullmatch(r"https?://[^/\s]+(/\S*)?", value):
        raise ValueError("expected a URL like https://host/path")
    return value.rstrip("/")


def _store_url(value: SecretStr) -> SecretStr:
    """The scheme of Valkey is another name for that of Redis."""
    form = r"(redis|valkey)s?://([^/\s@]*@)?(\[[\da-fA-F:]+\]|[^/\s@:]+)(:\d{1,5})?(/\d*)?"
    if not re.fullmatch(form, value.get_secret_value()):
        raise ValueError("expected a URL like rediss://user:password@host:6379/0")
    return SecretStr(re.sub(r"^valkey", "redis", value.get_secret_value()))


def _certificates(value: str) -> str:
    """The PEM text itself, or what is in the file of that name."""
    pem = value if value.startswith("-----BEGIN") else _content(Path(value))
    if "-----BEGIN CERTIFICATE-----" not in pem:
        raise ValueError("expected certificates in PEM form, or a file of them")
    return pem


def _content(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, ValueError):
        raise ValueError("expected certificates in PEM form, or a file that can be read") from None


def check_key(key: str) -> str:
    """The key without surrounding white space; ValueError where it could not be sent in a header."""
    key = key.strip()
    if not re.fullmatch(r"[!-~]+", key):
        raise ValueError("expected a key of printable ASCII characters without spaces")
    return key


def _checked_secret(value: SecretStr) -> SecretStr:
    return SecretStr(check_key(value.get_secret_value()))


def _keys_document(value: SecretStr) -> SecretStr:
    ApiKeys.parse(value.get_secret_value())
    return value


def check_secret_id(variable: str, secret_id: str, source_variable: str, source: SecretSource) -> None:
    """Whether ``secret_id`` names a secret of the source; the error names both variables."""
    pattern, form = SECRET_ID_FORMS[source]
    if not re.fullmatch(pattern, secret_id):
        raise ValueError(f"{variable}: {source_variable}={source} needs {form}")


Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Timeout = Annotated[float, Field(gt=0, allow_inf_nan=False)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
Key = Annotated[SecretStr, AfterValidator(_checked_secret)]
Names = Annotated[tuple[str, ...], BeforeValidator(_split)]
Origins = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_origins)]
StoreUrl = Annotated[SecretStr, AfterValidator(_store_url)]
Certificates = Annotated[str, AfterValidator(_certificates)]
KeysDocument = Annotated[SecretStr, AfterValidator(_keys_document)]
