"""Secret Manager: secrets, versions, and what it refuses."""

from __future__ import annotations

from tests.unit.rehearsal.gcp.harness import PROJECT, Harness

SECRETS = f"secretmanager/v1/{PROJECT}/secrets"
AUTOMATIC: dict[str, object] = {"replication": {"automatic": {}}}


def test_a_secret_has_versions_that_can_be_read_disabled_and_destroyed(gcp: Harness) -> None:
    made = gcp.done("POST", SECRETS, AUTOMATIC | {"labels": {"app": "ai-api"}}, secretId="key")
    assert made["name"].startswith("projects/1") and made["labels"] == {"app": "ai-api"}
    assert gcp.secret("key", "one") == "1"
    assert gcp.secret("key", "two") == "2"
    latest = gcp.done("GET", f"{SECRETS}/key/versions/latest:access")
    assert latest["payload"] == {"data": "dHdv", "dataCrc32c": latest["payload"]["dataCrc32c"]}
    assert latest["name"].endswith("/versions/2")
    gcp.done("POST", f"{SECRETS}/key/versions/2:disable", {})
    refused = gcp.refused(400, "GET", f"{SECRETS}/key/versions/latest:access")
    assert refused["status"] == "FAILED_PRECONDITION" and "DISABLED" in refused["message"]
    gcp.done("POST", f"{SECRETS}/key/versions/2:destroy", {})
    assert gcp.refused(400, "POST", f"{SECRETS}/key/versions/2:enable", {})["status"] == "FAILED_PRECONDITION"
    states = [one["state"] for one in gcp.done("GET", f"{SECRETS}/key/versions")["versions"]]
    assert states == ["DESTROYED", "ENABLED"]
