from __future__ import annotations

import json
import secrets
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from app.api_keys import ApiKeys, ApiKeysError, generate, hashed
from app.settings import Settings, SettingsError

from .serving import ROOT

HASH = "0" * 64


def document(*entries: dict[str, object]) -> str:
    return json.dumps({"keys": entries})


def test_a_key_is_found_by_itself_alone() -> None:
    key = generate()
    keys = ApiKeys.parse(document({"id": "a", "sha256": hashed(key)}, {"id": "b", "sha256": HASH}))

    found = keys.find(key)
    assert found is not None
    assert found.id == "a"
    for other in (generate(), "", key[:-1], key + " ", hashed(key)):
        assert keys.find(other) is None


@pytest.mark.parametrize(("age", "accepted"), [(timedelta(hours=1), True), (timedelta(hours=-1), False)])
def test_a_key_expires(age: timedelta, accepted: bool) -> None:
    key, end = generate(), datetime.now(UTC) + age
    keys = ApiKeys.parse(document({"id": "a", "sha256": hashed(key), "expires": end.isoformat()}))

    assert (keys.find(key) is not None) is accepted


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("not json", "document: Invalid JSON"),
        ('{"keys": {}}', "keys: Input should be a valid"),
        ('{"keys": [], "more": 1}', "?: Extra inputs"),
        (document({"id": "a"}), "keys[0].sha256: Field required"),
        (document({"id": "a b", "sha256": HASH}), "keys[0].id: String should match"),
        (document({"id": "a", "sha256": "short"}), "keys[0].sha256: String should match"),
        (document({"id": "a", "sha256": HASH, "requests_per_minute": 0}), "greater than or equal to 1"),
        (document({"id": "a", "sha256": HASH, "expires": "2027-01-01T00:00:00"}), "timezone"),
        (document({"id": "a", "sha256": HASH}, {"id": "b", "sha256": HASH}), "every sha256 once"),
        (document({"id": "a", "sha256": HASH}, {"id": "a", "sha256": "1" * 64}), "every id"),
    ],
)
def test_a_bad_document_is_refused_with_the_place(text: str, problem: str) -> None:
    with pytest.raises(ApiKeysError) as refusal:
        ApiKeys.parse(text)

    assert problem in str(refusal.value)


def test_nothing_of_a_bad_document_is_quoted() -> None:
    canary = secrets.token_hex(8)
    texts = [
        f"{canary}",
        f'{{"{canary}": 1, "keys": []}}',
        document({"id": "a", "sha256": canary}),
        document({"id": canary + " ", "sha256": HASH, canary: 1, "expires": canary}),
    ]
    for text in texts:
        with pytest.raises(SettingsError) as refusal:
            Settings.load({"API_KEYS_SOURCE": "env", "API_KEYS": text})
        assert str(refusal.value).startswith("API_KEYS: ")
        assert canary not in str(refusal.value)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"API_KEYS_SOURCE": "env"}, "API_KEYS: API_KEYS_SOURCE=env needs"),
        ({"API_KEYS_SOURCE": "gcp"}, "API_KEYS_SECRET_ID: API_KEYS_SOURCE=gcp needs projects/"),
        ({"RATE_LIMIT_STORE_URL": "http://x"}, "RATE_LIMIT_STORE_URL: expected a URL like rediss://"),
        ({"RATE_LIMIT_STORE_URL": "redis://x:y"}, "RATE_LIMIT_STORE_URL: expected a URL like rediss://"),
        ({"RATE_LIMIT_STORE_CA": "/nowhere.pem"}, "RATE_LIMIT_STORE_CA: expected certificates in PEM form"),
        ({"RATE_LIMIT_STORE_POLICY": "open"}, "RATE_LIMIT_STORE_POLICY: Input should be 'local' or 'closed'"),
        ({"MAX_BODY_BYTES": "0"}, "MAX_BODY_BYTES: "),
        ({"DOCS": "yes"}, "DOCS: Input should be 'on' or 'off'"),
    ],
)
def test_a_bad_setting_of_callers_is_named(settings: dict[str, str], expected: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.load(settings)

    assert expected in str(refusal.value)


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app.keys", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_the_command_makes_a_key_that_its_entry_admits() -> None:
    limits = ("--requests-per-minute", "7", "--tokens-per-minute", "0", "--expires", "2100-01-01T00:00:00Z")
    made = command("new", "--id", "team-a", *limits)

    assert made.returncode == 0
    _, key, _, entry = made.stdout.splitlines()
    found = ApiKeys.parse(f'{{"keys": [{entry}]}}').find(key)
    assert found is not None
    assert (found.id, found.requests_per_minute, found.tokens_per_minute) == ("team-a", 7, 0)
    assert key not in entry
    assert len(key) > 43


def test_the_command_explains_itself() -> None:
    assert "new" in command("--help").stdout
    assert "--requests-per-minute" in command("new", "--help").stdout
    refused = command("new", "--id", "two words")
    assert refused.returncode == 2
    assert "--id: String should match" in refused.stderr
