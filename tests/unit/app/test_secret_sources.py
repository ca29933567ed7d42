from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from .conftest import StartApp
from .secret_stores import SECRET_IDS, SecretStore, serving_secrets
from .serving import ROOT, App, Provider

SOURCES = sorted(SECRET_IDS)


@pytest.fixture
def store(key: str) -> Iterator[SecretStore]:
    with serving_secrets(f"{key}\n") as store:
        yield store


@pytest.fixture
def start(launch: StartApp, store: SecretStore, provider: Provider, tmp_path: Path) -> StartApp:
    """Starts an application that gets its key from the given source."""
    credentials = tmp_path / "credentials.json"
    credentials.write_text(store.google_credentials())
    return lambda source, **settings: launch(**{**store.settings(source, str(credentials)), **settings})


@pytest.mark.parametrize("source", SOURCES)
def test_the_key_is_fetched_once(start: StartApp, store: SecretStore, source: str) -> None:
    app: App = start(source)

    with ThreadPoolExecutor(5) as threads:
        answers = [threads.submit(app.generate) for _ in range(5)]
    assert [answer.result().status_code for answer in answers] == [200] * 5
    assert app.get("/health/ready").status_code == 200
    assert store.reads == [SECRET_IDS[source]]


@pytest.mark.parametrize("source", SOURCES)
def test_a_failed_fetch_is_told_and_tried_again(
    start: StartApp, store: SecretStore, key: str, source: str
) -> None:
    store.denied = True
    app: App = start(source)

    unready, refused = app.get("/health/ready"), app.generate()
    assert (unready.status_code, refused.status_code) == (503, 503)
    assert f"could not be fetched from {source}" in unready.json()["reason"]
    assert refused.json()["error"]["code"] == "no_provider_key"
    assert app.events("provider key not fetched")[0]["source"] == source

    store.denied = False
    assert app.get("/health/ready").status_code == 200
    assert key not in app.log()


def test_a_failed_fetch_is_not_repeated_by_every_request(start: StartApp, store: SecretStore) -> None:
    store.denied = True
    app: App = start("gcp", READINESS_CACHE_SECONDS="60")

    for _ in range(5):
        assert app.generate().status_code == 503

    assert len(store.reads) == 1


def test_a_secret_that_is_no_key_is_refused_unseen(start: StartApp, store: SecretStore) -> None:
    store.value = '{"key": "in a document"}'
    app: App = start("gcp")

    assert app.get("/health/ready").status_code == 503
    assert "in a document" not in app.log()


def test_the_environment_comes_first(start: StartApp, store: SecretStore, key: str) -> None:
    app: App = start("aws", OPENAI_API_KEY=key)

    assert app.generate().status_code == 200
    assert store.reads == []


def test_no_cloud_sdk_is_loaded_unless_asked_for() -> None:
    code = (
        "import sys, app.main, app.provider;"
        "print(*sorted({'boto3', 'google.auth', 'azure.identity'} & sys.modules.keys()))"
    )

    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert loaded.strip() == ""
