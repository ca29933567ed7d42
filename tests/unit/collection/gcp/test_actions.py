"""Secrets, APIs, what is owned, who deploys and logs: the actions that every cloud has."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ansible_collections.ai_api.cloud.plugins.action.image_push import REGISTRIES
from ansible_collections.ai_api.cloud.plugins.action.owned_resources import INVENTORIES
from ansible_collections.ai_api.cloud.plugins.action.secret_value import STORES
from ansible_collections.ai_api.cloud.plugins.module_utils.clouds.logs import READERS
from ansible_collections.ai_api.cloud.plugins.module_utils.core.errors import CloudError
from ansible_collections.ai_api.cloud.plugins.module_utils.core.leftovers import report
from ansible_collections.ai_api.cloud.plugins.module_utils.core.options import CONNECTION
from ansible_collections.ai_api.cloud.plugins.module_utils.core.secrets import put_value
from ansible_collections.ai_api.cloud.plugins.module_utils.core.waiting import Deadline
from ansible_collections.ai_api.cloud.plugins.module_utils.gcp import inventory, logs, secret_manager
from ansible_collections.ai_api.cloud.plugins.module_utils.gcp.caller import caller
from ansible_collections.ai_api.cloud.plugins.module_utils.gcp.crc32c import crc32c
from ansible_collections.ai_api.cloud.plugins.module_utils.gcp.registry import Registry
from ansible_collections.ai_api.cloud.plugins.module_utils.gcp.services import Services
from ansible_collections.ai_api.cloud.plugins.module_utils.preflight.identity import CALLERS
from ansible_collections.ai_api.cloud.plugins.module_utils.preflight.target import REGIONS, malformed_region

from tests.unit.collection.gcp.conftest import (
    ACCOUNT,
    AUTOMATIC,
    DOCKER,
    OTHERS,
    REPOSITORY,
    SECRET,
    TAGS,
    Gcp,
)
from tests.unit.rehearsal.gcp.harness import PROJECT, REGION

REFERENCE = f"{PROJECT}/secrets/test-key"
NAMES = ["run.googleapis.com", "secretmanager.googleapis.com", "iam.googleapis.com"]


def test_the_checksum_is_the_standard_s() -> None:
    assert crc32c(b"123456789") == 0xE3069283


def test_a_value_is_put_only_where_it_differs(gcp: Gcp) -> None:
    gcp.apply(SECRET, AUTOMATIC)
    store, value = secret_manager.store(gcp.connection, gcp.progress), secrets.token_urlsafe()
    check = put_value(store, REFERENCE, value, check=True)
    assert check["changed"] and "/" not in check["version"] and "known after" in check["version"]
    first = put_value(store, REFERENCE, value, check=False)
    assert first["changed"] and first["reference"] == REFERENCE and first["version"] == "1"
    assert first["value_from"] == {"secretKeyRef": {"secret": REFERENCE.rpartition("/")[2], "version": "1"}}
    assert first["latest"] == f"{REFERENCE}/versions/latest"
    gcp.forget_calls()
    assert not put_value(store, REFERENCE, value, check=False)["changed"]
    assert gcp.calls == ["secretmanager versions.access"]
    assert value not in str([check, first])


def test_the_version_that_a_roll_back_needs_stays_enabled(gcp: Gcp) -> None:
    gcp.apply(SECRET, AUTOMATIC)
    store = secret_manager.store(gcp.connection, gcp.progress)
    for number in range(1, 5):
        assert put_value(store, REFERENCE, f"value {number}", check=False)["version"] == str(number)
    listed = gcp.cloud.done("GET", f"secretmanager/v1/{REFERENCE}/versions")["versions"]
    assert [each["state"] for each in listed] == ["ENABLED", "ENABLED", "DISABLED", "DISABLED"]


def test_the_newest_version_that_is_enabled_counts(gcp: Gcp) -> None:
    gcp.apply(SECRET, AUTOMATIC)
    store = secret_manager.store(gcp.connection, gcp.progress)
    for number in (1, 2):
        put_value(store, REFERENCE, f"value {number}", check=False)
    gcp.cloud.done("POST", f"secretmanager/v1/{REFERENCE}/versions/2:disable", {})
    assert not put_value(store, REFERENCE, "value 1", check=False)["changed"]
    gcp.cloud.done("POST", f"secretmanager/v1/{REFERENCE}/versions/1:disable", {})
    assert put_value(store, REFERENCE, "value 1", check=False)["version"] == "3"


def test_a_secret_that_is_not_there_yet(project: Gcp) -> None:
    store = secret_manager.store(project.connection, project.progress)
    assert put_value(store, REFERENCE, "v", check=True)["changed"]
    with pytest.raises(CloudError, match="does not exist"):
        put_value(store, REFERENCE, "v", check=False)


def test_apis_are_enabled_where_they_are_missing(project: Gcp) -> None:
    services = Services(project.connection, Deadline(30, 0.02), project.progress)
    (first, second) = services.enable(NAMES, check=True)
    assert (first.resource, second.resource) == tuple(NAMES[:2]) and project.changes == []
    assert len(services.enable(NAMES, check=False)) == 2
    project.forget_calls()
    assert services.enable(NAMES, check=False) == []
    assert project.calls == ["serviceusage services.batchGet"]


def test_who_deploys_and_where(project: Gcp) -> None:
    assert caller(project.connection) == ("project rehearsal as deployer@rehearsal.iam.gserviceaccount.com")
    with pytest.raises(CloudError, match="names no Google Cloud project"):
        caller({**project.connection, "project": None})
    with pytest.raises(CloudError) as caught:
        caller({**project.connection, "project": "somebody-elses"})
    assert caught.value.code and caught.value.next_step


def test_credentials_that_are_none(project: Gcp, tmp_path: Path) -> None:
    (tmp_path / "user.json").write_text('{"type": "authorized_user"}')
    for file in ("user.json", "none.json"):
        with pytest.raises(CloudError, match="Cannot log in to Google Cloud") as caught:
            caller({**project.connection, "credentials_file": str(tmp_path / file)})
        assert caught.value.code == "CredentialsRefused" and "credentials_file" in str(caught.value)


def test_what_is_owned_is_found_and_nothing_else(gcp: Gcp) -> None:
    gcp.apply(ACCOUNT, {}, shared_by=REGION)
    gcp.apply(REPOSITORY, DOCKER)
    gcp.apply(SECRET, AUTOMATIC, shared_by="us-central1")
    api, collection, _ = SECRET
    gcp.apply((api, collection, "other"), AUTOMATIC, labels=OTHERS)
    gcp.apply((api, collection, "orphan"), AUTOMATIC)
    found = {str(each) for each in inventory.inventory({**gcp.connection, "tags": TAGS}, gcp.progress).find()}
    assert found == {
        "artifactregistry:repositories test",
        "iam:serviceAccounts test-run@rehearsal.iam.gserviceaccount.com",
        "secretmanager:secrets orphan",
    }


def test_an_empty_project_owns_nothing(project: Gcp) -> None:
    owned = inventory.inventory({**project.connection, "tags": TAGS}, project.progress)
    left = report(owned, purge=True, wait=5, check=False, progress=project.progress)
    assert left["resources"] == [] and not left["changed"]


def test_an_image_that_the_registry_does_not_have(gcp: Gcp) -> None:
    address = f"{REGION}-docker.pkg.dev/rehearsal/test/ai-api"
    with pytest.raises(CloudError, match="There is no repository") as caught:
        Registry(gcp.connection, address).digest("1")
    assert "registry role" in str(caught.value)
    gcp.apply(REPOSITORY, DOCKER)
    registry = Registry(gcp.connection, address)
    assert registry.digest("1") is None
    assert registry.login().user == "oauth2accesstoken" and registry.login().password
    with pytest.raises(CloudError, match="is not the address of an image"):
        Registry(gcp.connection, "docker.io/library/python")


def test_logs_of_a_service_that_wrote_none(gcp: Gcp) -> None:
    since = datetime.now(UTC) - timedelta(minutes=5)
    assert logs.read_lines(gcp.connection, "test", since, 10) == []


def test_the_query_names_the_service_and_what_its_containers_wrote() -> None:
    since = datetime(2026, 11, 24, 12, tzinfo=UTC)
    said = logs.query('a"b', "europe-west1", since, "severity>=ERROR OR x")
    assert 'resource.labels.service_name="a\\"b"' in said and said.endswith(" AND severity>=ERROR OR x")
    assert 'timestamp>="2026-11-24T12:00:00+00:00"' in said and "%2Fstd" in said


@pytest.mark.parametrize(
    ("region", "said"), [("europe-west-1", "mean europe-west1?"), ("us-east-1", "mean us-east1?")]
)
def test_a_region_of_another_cloud_is_none_of_google_s(region: str, said: str) -> None:
    (problem,) = malformed_region("gcp", region)
    assert f"the name of a Google Cloud region, found '{region}'" in str(problem) and said in str(problem)
    assert not list(malformed_region("gcp", REGION))


@pytest.mark.parametrize("table", [STORES, INVENTORIES, REGISTRIES, READERS, CALLERS, REGIONS])
def test_every_cloud_is_in_every_table(table: dict[str, object]) -> None:
    assert sorted(table) == sorted(CONNECTION["cloud"]["choices"])
