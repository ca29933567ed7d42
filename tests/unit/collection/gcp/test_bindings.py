"""Who may do what: exactly the named members, whatever others do at the same time."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.core.errors import CloudError
from ansible_collections.ai_api.cloud.plugins.module_utils.gcp.resource import bindings
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.collection.gcp.conftest import ACCOUNT, AUTOMATIC, SECRET, SERVICE, Gcp, before
from tests.unit.rehearsal.gcp.harness import PROJECT

READER, ADDER = "roles/secretmanager.secretAccessor", "roles/secretmanager.secretVersionAdder"
POLICY = f"secretmanager/v1/{PROJECT}/secrets/test-key"
ROLES = st.sampled_from([READER, ADDER, "roles/viewer"])
MEMBERS = st.lists(st.sampled_from(["allUsers", "user:a@example.com", "user:b@example.com"]), max_size=3)
BINDING = st.fixed_dictionaries({"role": ROLES, "members": MEMBERS}) | st.fixed_dictionaries(
    {"role": ROLES, "members": MEMBERS, "condition": st.just({"expression": "true"})}
)


@given(st.lists(BINDING, max_size=5), st.dictionaries(ROLES, MEMBERS))
def test_named_roles_get_exactly_these_members_and_no_other_binding_changes(
    found: list[dict[str, Any]], wanted: dict[str, list[str]]
) -> None:
    policy = {"etag": "e", "bindings": found}
    after = bindings.with_members(policy, wanted)
    assert {role: bindings.members(after, role) for role in wanted} == {
        role: sorted(set(members)) for role, members in wanted.items()
    }
    others = [each for each in found if "condition" in each or each["role"] not in wanted]
    assert [each for each in after["bindings"] if each in others] == others
    assert after["etag"] == "e" and after["version"] == 3
    assert bindings.with_members(after, wanted) == after


def test_members_come_and_go_and_other_roles_stay(gcp: Gcp) -> None:
    gcp.apply(SECRET, AUTOMATIC)
    gcp.cloud.bind(POLICY, ADDER, "user:other@example.com")
    assert gcp.bind(SECRET, {READER: ["user:a@example.com", "user:b@example.com"]})
    assert not gcp.bind(SECRET, {READER: ["user:b@example.com", "user:a@example.com"]})
    assert gcp.changes == []
    (change,) = gcp.bind(SECRET, {READER: ["user:b@example.com"]})
    assert change.label == f"Secret test-key.bindings[{READER}]"
    assert gcp.bind(SECRET, {READER: []})
    (left,) = gcp.cloud.done("GET", f"{POLICY}:getIamPolicy")["bindings"]
    assert left == {"role": ADDER, "members": ["user:other@example.com"]}


def test_a_policy_that_somebody_else_changes_meanwhile_keeps_both(
    gcp: Gcp, monkeypatch: pytest.MonkeyPatch
) -> None:
    gcp.apply(SECRET, AUTOMATIC)
    before(monkeypatch, "POST", lambda: gcp.cloud.bind(POLICY, ADDER, "user:other@example.com"))
    gcp.bind(SECRET, {READER: ["user:a@example.com"]})
    found = gcp.cloud.done("GET", f"{POLICY}:getIamPolicy")["bindings"]
    assert {each["role"] for each in found} == {READER, ADDER}
    assert any("ABORTED" in line for line in gcp.shown)


def test_a_service_account_that_is_not_known_everywhere_yet_is_waited_for(gcp: Gcp) -> None:
    gcp.cloud.fault(
        "eventual-consistency", service="iam", action="serviceAccounts.create", count=1, seconds=1
    )
    member = f"serviceAccount:{gcp.apply(ACCOUNT, {}).resource['email']}"
    gcp.apply(SECRET, AUTOMATIC)
    assert gcp.bind(SECRET, {READER: [member]})
    assert any("waiting for the new principal to be known everywhere" in line for line in gcp.shown)


def test_one_that_does_not_exist_is_not_waited_for_forever(gcp: Gcp) -> None:
    gcp.apply(SECRET, AUTOMATIC)
    nobody = {READER: ["serviceAccount:nobody@rehearsal.iam.gserviceaccount.com"]}
    with pytest.raises(CloudError, match=r"does not exist\. Its principal is not known in 0 s") as caught:
        gcp.bind(SECRET, nobody, propagation_timeout=0.1)
    assert "propagation_timeout" in str(caught.value)


def test_check_mode_tells_also_of_what_is_not_there_yet(project: Gcp) -> None:
    for where in (SECRET, SERVICE, ACCOUNT):
        (change,) = bindings.planned(project.job(where, check=True), {READER: ["allUsers"]})
        assert change.after == ["allUsers"] and project.changes == []
