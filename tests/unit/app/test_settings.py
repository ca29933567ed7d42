from __future__ import annotations

import json
import subprocess

import pytest

from app.settings import Settings, SettingsError

from .serving import PATIENCE_SECONDS, ROOT, app_command, environment


def test_defaults() -> None:
    settings = Settings.load({})

    assert settings.openai_api_key is None
    assert settings.openai_base_url == "https://api.openai.com/v1"
    assert settings.openai_model == "gpt-4o-mini"
    assert settings.rate_limit_per_minute == 20
    assert settings.allowed_origins == ()
    assert settings.trusted_proxy_hops == 0


def test_only_the_given_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_MODEL", "from-the-process")

    assert Settings.load({}).openai_model == "gpt-4o-mini"


def test_reads_what_is_given() -> None:
    settings = Settings.load(
        {
            "OPENAI_API_KEY": " sk-test\n",
            "OPENAI_BASE_URL": "http://localhost:8900/v1/",
            "ALLOWED_ORIGINS": "https://a.example, https://b.example:8443,",
            "RATE_LIMIT_PER_MINUTE": "",
            "UNKNOWN": "ignored",
        }
    )

    assert settings.openai_api_key is not None
    assert settings.openai_api_key.get_secret_value() == "sk-test"
    assert settings.openai_base_url == "http://localhost:8900/v1"
    assert settings.allowed_origins == ("https://a.example", "https://b.example:8443")
    assert settings.rate_limit_per_minute == 20


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("OPENAI_API_KEY", "two words", "printable ASCII"),
        ("OPENAI_BASE_URL", "api.openai.com", "URL like https://"),
        ("OPENAI_TIMEOUT_SECONDS", "0", "greater than 0"),
        ("OPENAI_TIMEOUT_SECONDS", "inf", "finite"),
        ("OPENAI_CONNECT_TIMEOUT_SECONDS", "soon", "valid number"),
        ("OPENAI_MAX_RETRIES", "-1", "greater than or equal to 0"),
        ("SECRET_SOURCE", "vault", "'aws', 'gcp' or 'azure'"),
        ("ALLOWED_ORIGINS", "app.example.com", "https://app.example.com"),
        ("ALLOWED_ORIGINS", "https://app.example.com/", "https://app.example.com"),
        ("ALLOWED_ORIGINS", "*,https://app.example.com", "not both"),
        ("RATE_LIMIT_PER_MINUTE", "0", "greater than or equal to 1"),
        ("RATE_LIMIT_PER_MINUTE", "many", "valid integer"),
        ("TRUSTED_PROXY_HOPS", "-1", "greater than or equal to 0"),
        ("READINESS_CACHE_SECONDS", "-1", "greater than or equal to 0"),
        ("DRAIN_SECONDS", "nan", "finite"),
        ("LOG_LEVEL", "chatty", "'INFO'"),
    ],
)
def test_a_bad_setting_is_named_with_what_was_expected(variable: str, value: str, expected: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.load({variable: value})

    assert str(refusal.value).startswith(f"{variable}: ")
    assert expected in str(refusal.value)


@pytest.mark.parametrize(
    ("source", "secret_id", "form"),
    [
        ("aws", "", "name or ARN"),
        ("gcp", "openai-key", "projects/PROJECT/secrets"),
        ("azure", "http://vault.example/secrets/x", "https://VAULT"),
    ],
)
def test_a_secret_source_needs_an_id_of_its_form(source: str, secret_id: str, form: str) -> None:
    with pytest.raises(SettingsError, match=f"SECRET_ID: SECRET_SOURCE={source} needs .*{form}"):
        Settings.load({"SECRET_SOURCE": source, "SECRET_ID": secret_id})


@pytest.mark.parametrize("variable", ["OPENAI_API_KEY", "OPENAI_BASE_URL", "SECRET_ID"])
def test_a_key_in_the_wrong_place_is_not_shown(variable: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.load({"SECRET_SOURCE": "gcp", variable: "sk-live oops"})

    assert "sk-live" not in str(refusal.value)


def test_the_process_ends_with_one_line_that_names_every_bad_setting() -> None:
    ended = subprocess.run(
        app_command(port=0),
        cwd=ROOT,
        env=environment({"RATE_LIMIT_PER_MINUTE": "many", "LOG_LEVEL": "chatty"}),
        capture_output=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )

    assert ended.returncode == 1
    assert ended.stderr == b""
    line = json.loads(ended.stdout)
    assert (line["event"], line["level"]) == ("bad settings", "critical")
    assert "RATE_LIMIT_PER_MINUTE: " in line["problem"]
    assert "found 'many'" in line["problem"]
    assert "LOG_LEVEL: " in line["problem"]
