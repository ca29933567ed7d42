"""What is declared of a resource against what Google says about it, as values."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.gcp.discovery import kind_of
from ansible_collections.ai_api.cloud.plugins.module_utils.gcp.resource import marks
from ansible_collections.ai_api.cloud.plugins.module_utils.gcp.resource.shape import merged, seen, writable
from ansible_collections.ai_api.cloud.plugins.module_utils.gcp.resource.wanted import Wanted
from hypothesis import given
from hypothesis import strategies as st

RUN = kind_of("run.v2", "projects/p/locations/l/services")
SECRET = kind_of("secretmanager.v1", "projects/p/secrets")
REPOSITORY = kind_of("artifactregistry.v1", "projects/p/locations/l/repositories")
ACCOUNT = kind_of("iam.v1", "projects/p/serviceAccounts")
TAGS = {"managed-by": "ai-api", "deployment": "test", "environment": "prod"}
NAMES = st.from_regex(r"[a-z]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
BODIES = st.dictionaries(
    st.sampled_from(["labels", "template", "traffic", "ingress", "scaling", "description", "other"]), JSON
)


def container(**fields: Any) -> dict[str, Any]:
    return {"template": {"containers": [{"name": "api", **fields}]}}


@pytest.mark.parametrize(
    ("live", "declared"),
    [
        ({"template": {"timeout": "300s"}}, {"template": {"timeout": "300.000s"}}),
        (
            {"template": {"maxInstanceRequestConcurrency": 80}},
            {"template": {"maxInstanceRequestConcurrency": "80"}},
        ),
        ({"template": {}}, {"template": {"sessionAffinity": False, "maxInstanceRequestConcurrency": 0}}),
        ({}, {"scaling": {"minInstanceCount": 0}, "customAudiences": [], "description": ""}),
        ({}, {"launchStage": "LAUNCH_STAGE_UNSPECIFIED", "description": None}),
        ({"uri": "https://x", "ingress": "A"}, {"uri": "https://mine"}),
        (
            container(env=[{"name": "B", "value": "2"}, {"name": "A"}], ports=[{"containerPort": 8000}]),
            container(env=[{"name": "A", "value": ""}, {"name": "B", "value": "2"}]),
        ),
    ],
)
def test_no_difference(live: dict[str, Any], declared: dict[str, Any]) -> None:
    assert seen(RUN, live, declared) == declared


@pytest.mark.parametrize(
    ("live", "declared", "field"),
    [
        (
            container(env=[{"name": "A", "value": "1"}]),
            container(env=[{"name": "A", "value": "2"}]),
            "template",
        ),
        (container(env=[{"name": "A"}, {"name": "B"}]), container(env=[{"name": "A"}]), "template"),
        (container(livenessProbe={}), container(livenessProbe=None), "template"),
        ({"template": {"timeout": "300s"}}, {"template": {"timeout": 300}}, "template"),
        ({"traffic": [{"percent": 100}]}, {"traffic": [{"percent": 90}, {"percent": 10}]}, "traffic"),
        ({"iapEnabled": True}, {"iapEnabled": False}, "iapEnabled"),
        ({}, {"ingress": "INGRESS_TRAFFIC_ALL"}, "ingress"),
        ({}, {"notYetKnown": 1}, "notYetKnown"),
    ],
)
def test_a_difference(live: dict[str, Any], declared: dict[str, Any], field: str) -> None:
    assert Wanted(RUN, declared).differing(live) == [field]


def test_an_empty_message_is_a_choice() -> None:
    assert Wanted(SECRET, {"replication": {"automatic": {}}}).differing({"replication": {}}) == [
        "replication"
    ]


@given(BODIES, BODIES)
def test_what_is_merged_is_as_declared_and_asks_for_nothing_more(
    live: dict[str, Any], declared: dict[str, Any]
) -> None:
    after = merged(RUN, live, declared)
    assert seen(RUN, after, declared) == declared
    assert merged(RUN, after, declared) == after


@given(BODIES)
def test_what_is_live_is_as_it_is(body: dict[str, Any]) -> None:
    assert seen(RUN, body, body) == body


def test_elements_are_taken_as_declared_and_messages_are_merged() -> None:
    live = {
        "description": "theirs",
        "cleanupPolicies": {"a": {"id": "a", "condition": {"tagState": "ANY"}}, "b": {"id": "b"}},
        "dockerConfig": {"immutableTags": False},
    }
    declared = {"cleanupPolicies": {"a": {"id": "a", "mostRecentVersions": {"keepCount": 1}}, "b": None}}
    assert merged(REPOSITORY, live, declared) == {
        "description": "theirs",
        "cleanupPolicies": declared["cleanupPolicies"] and {"a": declared["cleanupPolicies"]["a"]},
        "dockerConfig": {"immutableTags": False},
    }


def test_a_patch_holds_nothing_that_only_google_may_set_and_no_used_name() -> None:
    live = {
        "name": "projects/p/locations/l/services/s",
        "uri": "https://x",
        "template": {"revision": "s-00001", "timeout": "300s", "serviceAccount": "a"},
        "terminalCondition": {"state": "CONDITION_SUCCEEDED"},
    }
    wanted = Wanted(RUN, {"template": {"timeout": "60s"}}, TAGS)
    assert wanted.patched(live) == {
        "name": live["name"],
        "labels": TAGS,
        "template": {"timeout": "60s", "serviceAccount": "a"},
    }
    assert "uri" not in writable(RUN, live)
    kept = Wanted(RUN, {"template": {"revision": "s-v2"}}).patched(live)
    assert kept["template"]["revision"] == "s-v2"


def test_secrets_are_hidden_in_a_diff() -> None:
    declared = container(env=[{"name": "API_KEY", "value": "sk-planted"}, {"name": "MODEL", "value": "m"}])
    shown = Wanted(RUN, declared).changes("Service s", {})
    assert "sk-planted" not in str(shown) and "(hidden)" in str(shown) and "'m'" in str(shown)


@given(
    st.text(alphabet="abc ,.", max_size=20),
    st.dictionaries(NAMES.filter(lambda name: not name.startswith("shared-by")), NAMES, max_size=3),
    st.sets(NAMES, max_size=3),
)
def test_a_description_tells_whose_it_is(text: str, more: dict[str, str], targets: set[str]) -> None:
    labels = {**more, **TAGS, **{marks.shared_mark(target): marks.IN_USE for target in targets}}
    said = marks.described(text, labels)
    assert marks.parsed(said) == labels and marks.sharers(labels) == targets
    assert marks.described(said, labels) == said.strip()


@pytest.mark.parametrize("text", ["", "Runs the API", "[not] ours", "[a=b]", "managed-by=ai-api"])
def test_a_description_of_others_tells_nothing(text: str) -> None:
    assert marks.parsed(text) == {}


def test_marks_of_an_account_fit_google_s_256_bytes_with_many_targets() -> None:
    regions = [f"northamerica-northeast{number}" for number in range(5)]
    names = {"managed-by": "ai-api", "deployment": "x" * 24, "environment": "x" * 24}
    assert (
        len(marks.described("", {**names, **{marks.shared_mark(each): marks.IN_USE for each in regions}}))
        < 256
    )


def test_a_target_keeps_the_marks_of_others() -> None:
    live = {"description": marks.described("", {**TAGS, marks.shared_mark("b"): marks.IN_USE})}
    said = Wanted(ACCOUNT, {}, TAGS, "a").declared(live)["description"]
    assert marks.sharers(marks.parsed(said)) == {"a", "b"}
