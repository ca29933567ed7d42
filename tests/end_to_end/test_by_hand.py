"""What people do by hand between two deployments is served, and no obstacle to the next one."""

from __future__ import annotations

import secrets

import httpx
import pytest

from tests.support.playbook import Target


@pytest.fixture(scope="module")
def deployed(target: Target) -> Target:
    target.deploy("--skip-tags", "verify").succeeded()
    return target


@pytest.mark.parametrize("target", ["gcp", "azure"], indirect=True)
def test_traffic_pinned_to_an_old_version_does_not_keep_the_next_one_from_serving(deployed: Target) -> None:
    cloud, name = deployed.cloud, deployed.name
    (old,) = cloud.traffic(name)
    deployed.deploy("--skip-tags", "verify", service_openai_model="gpt-4o").succeeded()
    (rolled_back,) = cloud.traffic(name)
    assert rolled_back != old
    cloud.pin_traffic(name, old)
    assert cloud.traffic(name) == {old: 100}

    deployed.deploy(
        "--skip-tags", "verify", service_openai_model="gpt-4o", service_log_level="DEBUG"
    ).succeeded()
    ((serving, percent),) = cloud.traffic(name).items()
    assert serving not in (old, rolled_back)
    assert percent == 100
    assert _ask(deployed)["model"] == "gpt-4o"


def test_a_key_that_was_rotated_in_the_store_is_used_without_a_deployment(deployed: Target) -> None:
    provider = deployed.rehearsal.endpoints["provider"]
    versions = deployed.cloud.versions(deployed.name)
    key = f"rotated-{secrets.token_urlsafe(24)}"
    deployed.cloud.store_key(deployed.name, key)
    httpx.put(f"{provider['admin_url']}/keys", json={"keys": [key]}).raise_for_status()
    httpx.delete(f"{provider['admin_url']}/requests").raise_for_status()

    for _ in range(3):
        _ask(deployed)

    # The running containers were refused once, and then asked the store as who they run as.
    seen = httpx.get(f"{provider['admin_url']}/requests").raise_for_status().json()["statuses"]
    assert seen["200"] == 3
    assert seen["401"] >= 1
    assert deployed.cloud.versions(deployed.name) == versions


def _ask(deployed: Target) -> dict[str, object]:
    answer = deployed.post("/generate", {"prompt": "Say something."})
    assert answer.status_code == 200, answer.text
    content: dict[str, object] = answer.json()
    return content
