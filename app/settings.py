"""Settings from environment variables, checked once, at start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from .setting_types import (
    Certificates,
    HttpUrl,
    Key,
    KeysDocument,
    KeysSource,
    Names,
    Origins,
    Seconds,
    SecretSource,
    StoreUrl,
    Timeout,
    check_secret_id,
)

# Not quoted in an error, because a key put into the wrong variable would be shown.
CONFIDENTIAL = frozenset(
    {
        "openai_api_key",
        "openai_base_url",
        "openai_fallback_api_key",
        "openai_fallback_base_url",
        "secret_id",
        "secret_endpoint_url",
        "rate_limit_store_url",
        "rate_limit_store_ca",
        "api_keys",
        "api_keys_secret_id",
        "otel_exporter_otlp_endpoint",
        "otel_exporter_otlp_traces_endpoint",
    }
)


class SettingsError(Exception):
    """One or more variables are wrong; the text names each and says what was expected."""


class Settings(BaseSettings):
    """One field a variable: ``openai_api_key`` is OPENAI_API_KEY. app/README.md explains each."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    openai_api_key: Key | None = None
    openai_base_url: HttpUrl = "https://api.openai.com/v1"
    openai_model: str = "gpt-4o-mini"
    openai_timeout_seconds: Timeout = 30
    openai_connect_timeout_seconds: Timeout = 5
    openai_first_token_timeout_seconds: Timeout = 30
    openai_stream_timeout_seconds: Timeout = 300
    openai_max_retries: int = Field(default=2, ge=0, le=10)
    openai_fallback_model: str = ""
    openai_fallback_base_url: HttpUrl | None = None
    openai_fallback_api_key: Key | None = None
    openai_allowed_models: Names = ()
    max_concurrent_upstream_calls: int = Field(default=200, ge=1)
    stream_heartbeat_seconds: Timeout = 15

    secret_source: SecretSource = "none"  # noqa: S105  the name of a place
    secret_id: str = ""
    secret_endpoint_url: HttpUrl | None = None
    secret_refresh_seconds: Seconds = 300

    allowed_origins: Origins = ()
    trusted_proxy_hops: int = Field(default=0, ge=0, le=10)
    rate_limit_per_minute: int = Field(default=20, ge=1)
    tokens_per_minute: int = Field(default=0, ge=0)
    rate_limit_store_url: StoreUrl | None = None
    rate_limit_store_ca: Certificates | None = None
    rate_limit_store_policy: Literal["local", "closed"] = "local"
    rate_limit_store_timeout_seconds: Timeout = 0.25
    api_keys_source: KeysSource = "none"
    api_keys: KeysDocument | None = None
    api_keys_secret_id: str = ""
    api_keys_refresh_seconds: Timeout = 60
    api_keys_max_age_seconds: Timeout = 3600
    max_body_bytes: int = Field(default=1024 * 1024, ge=1)
    body_timeout_seconds: Timeout = 30
    docs: Literal["on", "off"] = "off"

    metrics_port: int = Field(default=0, ge=0, le=65535)
    metrics_host: str = "0.0.0.0"  # noqa: S104  a container's collector is outside of it
    otel_exporter_otlp_endpoint: HttpUrl | None = None
    otel_exporter_otlp_traces_endpoint: HttpUrl | None = None
    otel_exporter_otlp_protocol: str = "http/protobuf"
    otel_exporter_otlp_traces_protocol: str = ""
    otel_traces_exporter: str = "otlp"
    otel_sdk_disabled: bool = False

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
            check_secret_id("SECRET_ID", self.secret_id, "SECRET_SOURCE", self.secret_source)
        if self.api_keys_source == "env":
            if not self.api_keys:
                raise ValueError("API_KEYS: API_KEYS_SOURCE=env needs the document of keys")
        elif self.api_keys_source != "none":
            check_secret_id(
                "API_KEYS_SECRET_ID", self.api_keys_secret_id, "API_KEYS_SOURCE", self.api_keys_source
            )
        return self


def _explain(problem: Any, given: Mapping[str, str]) -> str:
    message = problem["msg"].removeprefix("Value error, ")
    if not problem["loc"]:
        return str(message)
    name = str(problem["loc"][0])
    found = "" if name in CONFIDENTIAL else f", found {given[name]!r}"
    return f"{name.upper()}: {message}{found}"
