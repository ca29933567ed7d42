"""Settings from environment variables, checked once, at start."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

SecretSource = Literal["none", "aws", "gcp", "azure"]

# What SECRET_ID looks like for each source, and how to say so.
SECRET_ID_FORMS: dict[SecretSource, tuple[str, str]] = {
    "aws": (r"[\w/+=.@:-]+", "the name or ARN of the secret"),
    "gcp": (
        r"projects/[^/]+/secrets/[^/]+/versions/[^/]+",
        "projects/PROJECT/secrets/SECRET/versions/VERSION",
    ),
    "azure": (r"https://[^/]+/secrets/[^/]+(/[^/]+)?", "https://VAULT.vault.azure.net/secrets/SECRET"),
}

# Not quoted in an error, because a key put into the wrong variable would be shown.
CONFIDENTIAL = frozenset({"openai_api_key", "openai_base_url", "secret_id", "secret_endpoint_url"})


class SettingsError(Exception):
    """One or more variables are wrong; the text names each and says what was expected."""


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


def check_key(key: str) -> str:
    """The key without surrounding white space; ValueError where it could not be sent in a header."""
    key = key.strip()
    if not re.fullmatch(r"[!-~]+", key):
        raise ValueError("expected a key of printable ASCII characters without spaces")
    return key


def _checked_secret(value: SecretStr) -> SecretStr:
    return SecretStr(check_key(value.get_secret_value()))


Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Timeout = Annotated[float, Field(gt=0, allow_inf_nan=False)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]


class Settings(BaseSettings):
    """One field a variable: ``openai_api_key`` is OPENAI_API_KEY. app/README.md explains each."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    openai_api_key: Annotated[SecretStr, AfterValidator(_checked_secret)] | None = None
    openai_base_url: HttpUrl = "https://api.openai.com/v1"
    openai_model: str = "gpt-4o-mini"
    openai_timeout_seconds: Timeout = 30
    openai_connect_timeout_seconds: Timeout = 5
    openai_max_retries: int = Field(default=2, ge=0, le=10)

    secret_source: SecretSource = "none"  # noqa: S105  the name of a place
    secret_id: str = ""
    secret_endpoint_url: HttpUrl | None = None

    allowed_origins: Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_origins)] = ()
    rate_limit_per_minute: int = Field(default=20, ge=1)
    trusted_proxy_hops: int = Field(default=0, ge=0, le=10)

    readiness_cache_seconds: Seconds = 10
    drain_seconds: Seconds = 10
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> Self:
        """Read the variables of ``environ``; unknown ones are ignored and empty ones count as unset.

        Raises SettingsError.
        """
        given = {name: environ.get(name.upper(), "").strip() for name in cls.model_fields}
        try:
            return cls.model_validate({name: value for name, value in given.items() if value})
        except ValidationError as error:
            raise SettingsError("; ".join(_explain(problem, given) for problem in error.errors())) from None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what ``load`` hands over: the environment is an argument, never looked up."""
        return (init_settings,)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.secret_source != "none":  # noqa: S105  the name of a place
            pattern, form = SECRET_ID_FORMS[self.secret_source]
            if not re.fullmatch(pattern, self.secret_id):
                raise ValueError(f"SECRET_ID: SECRET_SOURCE={self.secret_source} needs {form}")
        return self


def _explain(problem: Any, given: Mapping[str, str]) -> str:
    message = problem["msg"].removeprefix("Value error, ")
    if not problem["loc"]:
        return str(message)
    name = str(problem["loc"][0])
    found = "" if name in CONFIDENTIAL else f", found {given[name]!r}"
    return f"{name.upper()}: {message}{found}"
