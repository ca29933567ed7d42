"""gcp_resource against the stand-in: what is declared comes to be, with as few calls as it takes."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.core.errors import CloudError
from ansible_collections.ai_api.cloud.plugins.module_utils.gcp.session import Session

from tests.unit.collection.gcp.conftest import (
    ACCOUNT,
    AUTOMATIC,
    DOCKER,
    OTHERS,
    REPOSITORY,
    SECRET,
    SERVICE,
    TAGS,
    Gcp,
    Where,
)

BODIES: list[tuple[Where, dict[str, Any]]] = [
    (SECRET, AUTOMATIC),
    (ACCOUNT, {"displayName": "Runs"}),
    (
        REPOSITORY,
        {
            **DOCKER,
            "dockerConfig": {"immutableTags": True},
            "cleanupPolicies": {
                "keep": {"id": "keep", "action": "KEEP", "mostRecentVersions": {"keepCount": 10}},
                "old": {
                    "id": "old",
                    "action": "DELETE",
                    "condition": {"tagState": "ANY", "olderThan": "86400s"},
                },
            },
        },
    ),
]
UPDATES: list[tuple[Where, dict[str, Any], dict[str, Any], str]] = [
    (SECRET, AUTOMATIC, {**AUTOMATIC, "annotations": {"a": "b"}}, "annotations"),
    (ACCOUNT, {"displayName": "Runs"}, {"displayName": "Ran"}, "displayName"),
    (REPOSITORY, DOCKER, {**DOCKER, "dockerConfig": {"immutableTags": True}}, "dockerConfig"),
]


@pytest.mark.parametrize(("where", "body"), BODIES)
def test_a_second_run_only_reads(gcp: Gcp, where: Where, body: dict[str, Any]) -> None:
    first = gcp.apply(where, body)
    assert first.changed and first.resource == gcp.live(where)
    second = gcp.apply(where, body)
    assert not second.changed and second.changes == [] and len(gcp.calls) == 1 and gcp.changes == []


@pytest.mark.parametrize("update", UPDATES)
def test_one_changed_field_is_one_patch_of_it(
    gcp: Gcp, sent: list[dict[str, Any]], update: tuple[Where, dict[str, Any], dict[str, Any], str]
) -> None:
    where, body, other, field = update
    gcp.apply(where, body)
    sent.clear()
    changed = gcp.apply(where, other)
    (patch,) = [each for each in sent if each["method"] == "PATCH"]
    assert ((patch["query"] or {}).get("updateMask") or patch["body"].get("updateMask")) == field
    assert len(gcp.changes) == 1 and {each.path.split(".")[0] for each in changed.changes} == {field}
    assert not gcp.apply(where, other).changed


def test_what_others_have_set_stays(gcp: Gcp) -> None:
    gcp.apply(SECRET, {**AUTOMATIC, "annotations": {"theirs": "1"}})
    gcp.apply(SECRET, {**AUTOMATIC, "annotations": {"ours": "2"}})
    assert (gcp.live(SECRET) or {})["annotations"] == {"theirs": "1", "ours": "2"}
    gcp.apply(SECRET, {**AUTOMATIC, "annotations": {"theirs": None}})
    assert (gcp.live(SECRET) or {})["annotations"] == {"ours": "2"}


def test_check_mode_on_an_empty_project_says_what_would_be(project: Gcp) -> None:
    for where, body in BODIES:
        outcome = project.apply(where, body, check=True)
        assert outcome.changed and outcome.changes
        assert project.changes == []
    account = project.apply(ACCOUNT, {}, check=True).resource
    assert account["email"] == "test-run@rehearsal.iam.gserviceaccount.com"
    assert "known after deployment" in project.apply(SERVICE, template(), check=True).resource["uri"]
    assert not project.remove(SECRET, check=True).changed


def test_what_is_foreign_is_not_touched(gcp: Gcp) -> None:
    for where, body in BODIES:
        gcp.apply(where, body, labels=OTHERS)
        with pytest.raises(CloudError, match="is not ours: it carries managed-by=somebody"):
            gcp.apply(where, {**body, "description": "ours"})
        with pytest.raises(CloudError, match="is not ours"):
            gcp.remove(where)
        assert gcp.changes == [] and gcp.live(where)


def test_marks_must_be_complete_before_anything_is_made(gcp: Gcp) -> None:
    with pytest.raises(CloudError, match="lack deployment"):
        gcp.apply(SECRET, AUTOMATIC, labels={"managed-by": "ai-api"})
    assert gcp.calls == []


def test_what_cannot_be_changed_is_made_anew_only_when_asked(gcp: Gcp) -> None:
    gcp.apply(SECRET, AUTOMATIC)
    other = {"replication": {"userManaged": {"replicas": [{"location": "europe-west1"}]}}}
    with pytest.raises(CloudError, match="cannot be changed: replication"):
        gcp.apply(SECRET, other)
    assert gcp.changes == []
    assert gcp.apply(SECRET, other, replace=True, check=True).changed and gcp.changes == []
    assert gcp.apply(SECRET, other, replace=True).changed
    assert gcp.changes == ["secretmanager secrets.create", "secretmanager secrets.delete"]
    assert not gcp.apply(SECRET, other).changed


@pytest.mark.parametrize(
    ("where", "body", "path"),
    [
        (SECRET, {**AUTOMATIC, "replicas": 3}, "replicas"),
        (SECRET, {**AUTOMATIC, "labels": "none"}, "secret.labels"),
        (SECRET, {}, "replication"),
        (REPOSITORY, {**DOCKER, "format": "CONTAINER"}, "repository.format"),
        (SERVICE, {"template": {"timeout": 300, "containers": [{"image": "i"}]}}, "service.template.timeout"),
        (SERVICE, {"template": {"containers": [{}]}}, "service.template.containers[0].image"),
    ],
)
def test_a_wrong_body_is_reported_with_the_fields_path(
    gcp: Gcp, where: Where, body: dict[str, Any], path: str
) -> None:
    with pytest.raises(CloudError) as caught:
        gcp.apply(where, body, labels=None if body.get("labels") else TAGS)
    assert path in str(caught.value) and caught.value.code == "INVALID_ARGUMENT"
    assert "Correct the field" in str(caught.value) and gcp.live(where) is None


def test_in_check_mode_cloud_run_itself_judges_the_body(gcp: Gcp) -> None:
    with pytest.raises(CloudError, match=r"service.template.timeout"):
        gcp.apply(SERVICE, template(timeout=300), check=True)
    assert gcp.apply(SERVICE, template(), check=True).changed
    assert gcp.live(SERVICE) is None


@pytest.mark.parametrize(("where", "body"), [(SECRET, AUTOMATIC), (ACCOUNT, {"displayName": "Runs"})])
def test_what_targets_share_goes_with_the_last_of_them(gcp: Gcp, where: Where, body: dict[str, Any]) -> None:
    assert gcp.apply(where, body, shared_by="europe-west1").changed
    assert gcp.apply(where, body, shared_by="us-central1").changed
    assert not gcp.apply(where, body, shared_by="europe-west1").changed
    with pytest.raises(CloudError, match="is shared by europe-west1, us-central1"):
        gcp.remove(where)
    assert gcp.remove(where, shared_by="europe-west1", check=True).changed and gcp.changes == []
    assert gcp.remove(where, shared_by="europe-west1").changed
    assert not gcp.remove(where, shared_by="europe-west1").changed and gcp.live(where)
    assert gcp.remove(where, shared_by="us-central1").changed and gcp.live(where) is None
    assert not gcp.remove(where, shared_by="us-central1").changed


def template(**fields: Any) -> dict[str, Any]:
    return {"template": {"containers": [{"image": "europe-west1-docker.pkg.dev/rehearsal/a/b:1"}], **fields}}


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The requests of this process."""
    sent: list[dict[str, Any]] = []
    call = Session.call

    def recording(self: Session, method: str, api: str, path: str, *said: str, **content: Any) -> Any:
        sent.append({"method": method, "path": path, "body": None, "query": None, **content})
        return call(self, method, api, path, *said, **content)

    monkeypatch.setattr(Session, "call", recording)
    return sent
