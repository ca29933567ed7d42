"""gcp_resource on bad days: others at work, operations that fail or last, runs that were killed."""

from __future__ import annotations

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.core.errors import CloudError

from tests.unit.collection.gcp.conftest import (
    AUTOMATIC,
    DOCKER,
    REPOSITORY,
    SECRET,
    TAGS,
    Gcp,
    before,
)
from tests.unit.rehearsal.gcp.harness import LOCATION, PROJECT


def test_somebody_else_is_faster(gcp: Gcp, monkeypatch: pytest.MonkeyPatch) -> None:
    before(
        monkeypatch,
        "POST",
        lambda: gcp.cloud.done(
            "POST", f"secretmanager/v1/{PROJECT}/secrets", {**AUTOMATIC, "labels": TAGS}, secretId="test-key"
        ),
    )
    outcome = gcp.apply(SECRET, AUTOMATIC)
    assert not outcome.changed and any("ALREADY_EXISTS" in line for line in gcp.shown)


def test_a_change_between_reading_and_writing_is_read_again(
    gcp: Gcp, monkeypatch: pytest.MonkeyPatch
) -> None:
    gcp.apply(SECRET, AUTOMATIC)
    before(
        monkeypatch,
        "PATCH",
        lambda: gcp.cloud.done(
            "PATCH",
            f"secretmanager/v1/{PROJECT}/secrets/test-key",
            {"labels": {**TAGS, "by": "hand"}},
            updateMask="labels",
        ),
    )
    gcp.apply(SECRET, AUTOMATIC, labels={**TAGS, "environment": "test"})
    assert (gcp.live(SECRET) or {})["labels"] == {**TAGS, "by": "hand", "environment": "test"}
    assert any("ABORTED" in line for line in gcp.shown)


def test_an_operation_that_fails_is_explained_and_the_next_run_converges(gcp: Gcp) -> None:
    gcp.cloud.fault("fail-operation", service="artifactregistry", action="repositories.create", count=1)
    with pytest.raises(CloudError, match=r"Cannot create Repository test: .*rehearsed failure") as caught:
        gcp.apply(REPOSITORY, DOCKER)
    assert caught.value.code == "INTERNAL"
    assert gcp.apply(REPOSITORY, DOCKER).resource == gcp.live(REPOSITORY)


def test_an_operation_that_takes_too_long_is_not_waited_for_forever(gcp: Gcp) -> None:
    with pytest.raises(CloudError, match="Repository test is in progress after 0 s") as caught:
        gcp.apply(REPOSITORY, DOCKER, seconds=0.05)
    assert "run again to wait on" in str(caught.value)


def test_a_run_that_was_killed_after_it_asked_is_taken_up(gcp: Gcp) -> None:
    path = f"artifactregistry/v1/{LOCATION}/repositories"
    gcp.cloud.call("POST", path, {**DOCKER, "labels": TAGS}, repositoryId="test").raise_for_status()
    outcome = gcp.apply(REPOSITORY, DOCKER)
    assert outcome.resource["name"].endswith("/repositories/test")
    assert not gcp.apply(REPOSITORY, DOCKER).changed


@pytest.mark.parametrize("kind", ["throttle", "error", "expired-token"])
def test_what_passes_is_tried_again(gcp: Gcp, kind: str) -> None:
    gcp.cloud.fault(kind, service="secretmanager", count=1)
    assert gcp.apply(SECRET, AUTOMATIC).changed


def test_what_does_not_pass_is_explained(gcp: Gcp) -> None:
    gcp.cloud.fault("throttle", service="secretmanager")
    with pytest.raises(CloudError, match="Quota exceeded") as caught:
        gcp.apply(SECRET, AUTOMATIC, max_attempts=2)
    assert caught.value.code == "RESOURCE_EXHAUSTED/RATE_LIMIT_EXCEEDED"


def test_an_api_that_was_just_enabled_is_waited_for(project: Gcp) -> None:
    with pytest.raises(CloudError, match="The API is not enabled in 0 s"):
        project.apply(SECRET, AUTOMATIC, propagation_timeout=0.01)
