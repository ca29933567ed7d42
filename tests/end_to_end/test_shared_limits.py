"""What several instances must agree on, through the cloud's own load balancer: limits, and callers' keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import httpx
import pytest

from app.api_keys import ApiKey, generate, hashed
from rehearsal.engine import bridge_gateway
from tests.support.playbook import Run, Target
from tests.support.redis import Redis, running_redis
from tests.support.rehearsal import Rehearsal
from tests.support.waiting import wait_for

INSTANCES = 3
REFRESH = 2  # seconds
KEYS = {"verification": generate(), "team": generate()}


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    gateway = bridge_gateway(docker.from_env())
    with running_redis(tmp_path_factory.mktemp("redis"), host=gateway) as running:
        yield running


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory, redis: Redis) -> Path:
    """What a team keeps in its vault file."""
    file = tmp_path_factory.mktemp("vault") / "vault.json"
    kept = {
        "secret_store_rate_limit_store_url": redis.url,
        "secret_store_api_keys": document(*KEYS),
        "verify_api_key": KEYS["verification"],
    }
    file.write_text(json.dumps(kept))
    return file


@pytest.fixture(scope="module", params=["aws", "gcp"])
def target(stand_ins: Rehearsal, request: pytest.FixtureRequest) -> Target:
    stand_ins.command("reset")
    settings = {"autoscaling_min": INSTANCES, "service_api_keys_refresh_seconds": REFRESH}
    return Target(stand_ins, "e2e-shared-limits", request.param, **settings)


@pytest.fixture(scope="module")
def deployment(target: Target, secrets: Path) -> Run:
    """Three instances that share their limits and want keys."""
    run = target.deploy("-vvv", "--diff", "--skip-tags", "verify", "-e", f"@{secrets}").succeeded()
    wait_for(lambda: len(target.containers()) == INSTANCES, f"{INSTANCES} instances run")
    return run


def test_the_limit_is_exact_over_all_instances(target: Target, deployment: Run, secrets: Path) -> None:
    run = target.play("verify.yml", "-e", f"@{secrets}").succeeded()
    verified = run.results["Verify the service"]
    found = {finding["name"]: finding for finding in json.loads(report(verified))["findings"]}
    assert "of them were used" in found["rate limit"]["found"]
    assert found["rate limit"]["outcome"] == found["forged client address"]["outcome"] == "passed"
    answering = [each for each in target.containers() if b'"path": "/generate"' in each.logs()]
    assert len(answering) == INSTANCES


def test_no_key_no_answer_until_it_is_revoked_in_the_store(target: Target, deployment: Run) -> None:
    versions = target.cloud.versions(target.name)
    assert ask(target) == 401
    assert ask(target, generate()) == 401
    assert ask(target, KEYS["team"]) == 200

    target.cloud.put_secret(target.name, "api-keys", document("verification"))

    wait_for(
        lambda: [ask(target, KEYS["team"]) for _ in range(2 * INSTANCES)] == [401] * 2 * INSTANCES,
        "revoked",
        20,
    )
    assert target.cloud.versions(target.name) == versions


def test_none_of_it_is_shown(target: Target, deployment: Run, redis: Redis) -> None:
    said = deployment.stdout + deployment.stderr + target.cloud.descriptions(target.name)
    said += target.cloud.log_text(target.name)
    planted = [redis.url, document(*KEYS), *map(hashed, KEYS.values()), *KEYS.values()]
    assert [secret for secret in planted if secret in said] == []


def test_all_of_it_is_removed(target: Target, deployment: Run) -> None:
    target.cleanup().succeeded()
    assert target.cloud.everything() == set()


def document(*names: str) -> str:
    entries = [ApiKey(id=name, sha256=hashed(KEYS[name])).model_dump(exclude_none=True) for name in names]
    return json.dumps({"keys": entries})


def ask(target: Target, key: str = "") -> int:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    body = {"prompt": "Say something."}
    return httpx.post(f"{target.url}/generate", json=body, headers=headers, timeout=30).status_code


def report(verified: dict[str, Any]) -> str:
    return next(Path(path).read_text() for path in verified["reports"] if path.endswith(".json"))
