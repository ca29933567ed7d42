from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from tests.unit.app.serving import App, Provider, app_command, provider_command, running

StartApp = Callable[..., App]


@pytest.fixture(scope="session")
def key() -> str:
    return f"sk-{secrets.token_urlsafe(32)}"


@pytest.fixture(scope="session")
def running_provider(key: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    log = tmp_path_factory.mktemp("provider") / "log"
    with running(Provider, provider_command, {"PROVIDER_KEYS": key}, log, "/_admin/health") as provider:
        yield provider


@pytest.fixture
def provider(running_provider: Provider) -> Provider:
    """The stand-in provider without faults and with all counters at zero."""
    running_provider.reset()
    return running_provider


@pytest.fixture(scope="session")
def launch(
    running_provider: Provider, key: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StartApp]:
    """Starts an application with a key, with limits that are not in the way, and the given settings."""
    logs, numbers = tmp_path_factory.mktemp("app"), count()

    def start(factory: str = "app.main:create_app", **settings: str) -> App:
        defaults = {
            "OPENAI_API_KEY": key,
            "OPENAI_BASE_URL": running_provider.api,
            "OPENAI_MAX_RETRIES": "0",
            "OPENAI_TIMEOUT_SECONDS": "10",
            "RATE_LIMIT_PER_MINUTE": "100000",
            "READINESS_CACHE_SECONDS": "0",
        }
        log = Path(logs, str(next(numbers)))
        return apps.enter_context(
            running(App, lambda port: app_command(port, factory), {**defaults, **settings}, log, "/health")
        )

    with ExitStack() as apps:
        yield start


@pytest.fixture(scope="session")
def shared_app(launch: StartApp) -> App:
    return launch(ALLOWED_ORIGINS="https://app.example.com,http://localhost:3000")


@pytest.fixture
def app(shared_app: App, provider: Provider) -> App:
    """An application shared by all tests that only send requests; its provider is in its first state."""
    return shared_app
