"""The schemes of Valkey name the same protocol as those of Redis."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.settings import Settings, SettingsError
from tests.support.redis import running_redis
from tests.support.waiting import wait_for

from .conftest import StartApp
from .serving import PATIENCE_SECONDS, Provider


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("valkey://cache:6379", "redis://cache:6379"),
        ("valkeys://user:valkey@cache:6379/2", "rediss://user:valkey@cache:6379/2"),
        ("rediss://valkey", "rediss://valkey"),
    ],
)
def test_valkey_is_another_name(given: str, used: str) -> None:
    url = Settings.load({"RATE_LIMIT_STORE_URL": given}).rate_limit_store_url

    assert url is not None
    assert url.get_secret_value() == used


def test_another_scheme_is_refused() -> None:
    with pytest.raises(SettingsError, match="RATE_LIMIT_STORE_URL: expected"):
        Settings.load({"RATE_LIMIT_STORE_URL": "valkeyss://cache"})


def test_limits_are_counted_in_a_store_of_that_name(
    launch: StartApp, provider: Provider, tmp_path: Path
) -> None:
    with running_redis(tmp_path, tls=True) as redis:
        app = launch(
            RATE_LIMIT_PER_MINUTE="2",
            RATE_LIMIT_STORE_URL=redis.url.replace("rediss://", "valkeys://"),
            RATE_LIMIT_STORE_CA=str(redis.authority),
            RATE_LIMIT_STORE_POLICY="closed",
            RATE_LIMIT_STORE_TIMEOUT_SECONDS="5",
        )
        wait_for(lambda: app.generate().status_code == 200, "the store counts", PATIENCE_SECONDS)
        assert [app.generate().status_code for _ in range(2)] == [200, 429]
