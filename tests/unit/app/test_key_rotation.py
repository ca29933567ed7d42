"""A new key in the secret store is used without a deployment and without a failed request."""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from itertools import cycle

import httpx
import pytest

from tests.support.waiting import wait_for

from .conftest import StartApp
from .secret_stores import SecretStore, serving_secrets
from .serving import PATIENCE_SECONDS, App, Provider

CHAT = "/v1/chat/completions"
REFRESH_SECONDS = 2.0


@pytest.fixture
def new_key() -> str:
    return f"sk-{secrets.token_urlsafe(32)}"


@pytest.fixture
def store(key: str) -> Iterator[SecretStore]:
    with serving_secrets(key) as store:
        yield store


@pytest.fixture
def secret_settings(store: SecretStore) -> dict[str, str]:
    return store.settings("aws", google_credentials="")


def mark(key: str) -> str:
    """As the stand-in provider tells keys apart."""
    return sha256(key.encode()).hexdigest()[:8]


def keys_used(provider: Provider) -> set[str]:
    return {call["key"] for call in provider.report()["recent"] if call["path"] == CHAT}


def test_a_refused_key_is_fetched_anew_once(
    launch: StartApp, provider: Provider, store: SecretStore, secret_settings: dict[str, str], new_key: str
) -> None:
    app: App = launch(**secret_settings)
    assert app.generate().status_code == 200
    store.value = new_key
    provider.accept_keys(new_key)

    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(lambda number: app.generate(stream=number % 2 == 0), range(10)))

    assert [answer.status_code for answer in answers] == [200] * 10
    assert len(store.reads) == 2
    assert len(app.events("provider key replaced")) == 1
    assert new_key not in app.log()


def test_a_refused_key_from_the_environment_gives_way_to_the_store(
    launch: StartApp, provider: Provider, store: SecretStore, secret_settings: dict[str, str], new_key: str
) -> None:
    app: App = launch(**{**secret_settings, "OPENAI_API_KEY": "sk-of-last-year"})
    store.value = new_key
    provider.accept_keys(new_key)

    assert app.generate().status_code == 200
    assert app.get("/health/ready").status_code == 200


def test_a_store_with_the_refused_key_is_not_asked_by_every_request(
    launch: StartApp, provider: Provider, store: SecretStore, secret_settings: dict[str, str]
) -> None:
    app: App = launch(**secret_settings, READINESS_CACHE_SECONDS="60")
    assert app.generate().status_code == 200
    provider.accept_keys("sk-another")

    for _ in range(5):
        refused = app.generate()
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "provider_key_refused")

    assert len(store.reads) == 2


@contextmanager
def under_load(apps: Sequence[App]) -> Iterator[Counter[int]]:
    """Ask each of ``apps``, plain and streamed, without a pause; the answers by status."""
    stop, statuses = threading.Event(), Counter[int]()

    def ask(app: App) -> None:
        bodies = cycle({"prompt": "Say something.", "stream": streamed} for streamed in (True, False))
        with httpx.Client(timeout=PATIENCE_SECONDS) as client:
            while not stop.wait(0.02):
                statuses[client.post(f"{app.url}/generate", json=next(bodies)).status_code] += 1

    with ThreadPoolExecutor(len(apps)) as threads:
        asking = [threads.submit(ask, app) for app in apps]
        try:
            yield statuses
        finally:
            stop.set()
        for asked in asking:
            asked.result()


def test_no_request_fails_in_a_rotation(
    launch: StartApp, provider: Provider, store: SecretStore, secret_settings: dict[str, str], new_key: str
) -> None:
    old_key = store.value
    settings = {**secret_settings, "SECRET_REFRESH_SECONDS": str(REFRESH_SECONDS)}
    apps = [launch(**settings) for _ in range(2)]
    assert [app.generate().status_code for app in apps] == [200, 200]
    assert keys_used(provider) == {mark(old_key)}
    with under_load(apps) as statuses:
        provider.accept_keys(old_key, new_key)  # the old one still works for a while
        store.value = new_key
        wait_for(
            lambda: all(app.events("provider key replaced") for app in apps),
            "both have the new key",
            REFRESH_SECONDS + 5,
        )
        provider.accept_keys(new_key)
        seen = statuses[200]
        wait_for(lambda: statuses[200] > seen + 50, "the load goes on", PATIENCE_SECONDS)
        assert provider.report()["recent"][-1]["key"] == mark(new_key)

    assert set(statuses) == {200}
    assert set(provider.report()["statuses"]) == {"200"}  # nobody had to be refused to notice
