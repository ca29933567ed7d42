"""Every flaw is found by exactly the check that is there for it, and said in one line."""

from __future__ import annotations

import pytest

from tests.unit.verification.flawed import KEY, Flawed
from tests.unit.verification.serving import serving
from tests.unit.verification.verifying import failures, verified

# flaw -> the check that finds it, and what its line says
FLAWS = {
    "unhealthy": ("health", "expected status 200, found status 500"),
    "health without a status": ("health", 'expected status "healthy"'),
    "health is no JSON": ("health", "expected a JSON object, found a body of text/plain"),
    "local time": ("health", "expected a timestamp in ISO 8601 and UTC"),
    "wrong clock": ("health", "found one 3600 s away"),
    "not ready": ("readiness", "found status 503"),
    "no request id": ("request id", "found none"),
    "replaces request ids": ("request id", "found another one"),
    "one request id": ("request id", "found the same one twice"),
    "origin forgotten": ("allowed origin", "origin none"),
    "POST forgotten": ("allowed origin", "methods GET"),
    "every origin": ("foreign origin", "found Access-Control-Allow-Origin: https://foreign-"),
    "wildcard with credentials": ("foreign origin", "found Access-Control-Allow-Origin"),
    "provider fails": ("generate", "found status 502 (provider_unavailable)"),
    "empty answer": ("generate", "expected content that is not empty"),
    "no model": ("generate", "expected the name of the model"),
    "no usage": ("generate", "expected usage with prompt_tokens"),
    "latency is wrong": ("generate", "found 60000"),
    "takes empty": ("refuses an empty prompt", "expected status 422, found status 200"),
    "takes long": ("refuses a prompt of 10001 characters", "expected status 422, found status 200"),
    "takes hot": ("refuses a temperature out of range", "expected status 422, found status 200"),
    "takes many": ("refuses max_tokens out of range", "expected status 422, found status 200"),
    "500 on broken JSON": ("no bare 500", "expected 400 or 422 to broken JSON, found status 500"),
    "no limit": ("rate limit", "24 of 24 accepted"),
    "one too many": ("rate limit", "expected 429 after the 11 requests"),
    "one too few": ("rate limit", "expected 429 after the 11 requests"),
    "another limit": ("rate limit", "found X-RateLimit-Limit: 100"),
    "no Retry-After": ("rate limit", "found Retry-After: none"),
    "Retry-After in words": ("rate limit", "found Retry-After: soon"),
    "429 without headers": ("rate limit", "found X-RateLimit-Limit: none"),
    "trusts X-Forwarded-For": ("forged client address", "whatever X-Forwarded-For say"),
    "trusts X-Real-IP": ("forged client address", "whatever X-Real-IP and"),
    "one limit for all": ("separate clients", "found status 429 for both"),
    "logs the key": ("confidential logs", "expected no line with the value of the key, found 1 of 1"),
    "logs a bearer": ("confidential logs", "expected no line with a bearer token"),
    "logs the prompt": ("confidential logs", "expected no line with the prompt"),
    "logs the answer": ("confidential logs", "expected no line with the answer"),
    "logs nothing": ("confidential logs", "found 0 lines without it"),
}


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_flaw_is_found_by_its_own_check(flaw: str) -> None:
    check, words = FLAWS[flaw]
    flawed = Flawed(flaw)
    with serving(flawed.app) as url:
        found = failures(verified(url, flawed))
    assert [finding.name for finding in found] == [check]
    line = str(found[0])
    assert words in line
    assert line.startswith(f"{check}: expected ")
    assert "\n" not in line
    assert found[0].next_step
    assert KEY not in line


def test_every_check_finds_some_flaw() -> None:
    flawed = Flawed()
    with serving(flawed.app) as url:
        findings = verified(url, flawed)
    assert {finding.name for finding in findings} - {"reachable"} == {check for check, _ in FLAWS.values()}


def test_a_right_service_passes_every_check_and_the_provider_is_asked_once() -> None:
    flawed = Flawed()
    with serving(flawed.app) as url:
        findings = verified(url, flawed)
    assert {finding.outcome for finding in findings} == {"passed"}
    assert flawed.prompts == 1


def test_a_second_verification_at_once_passes_without_waiting_because_it_is_another_client() -> None:
    flawed = Flawed()
    with serving(flawed.app) as url:
        verified(url, flawed)
        assert failures(verified(url, flawed)) == []
    assert len(flawed.hits) >= 4  # two clients and their counterparts


def test_a_service_that_is_not_there_is_one_failure_and_no_further_questions() -> None:
    with serving(Flawed().app) as url:
        pass
    first, *rest = verified(url, Flawed())
    assert (first.name, first.outcome) == ("reachable", "failed")
    assert "Check that the service runs" in str(first)
    assert {finding.outcome for finding in rest} == {"skipped"}


def test_credentials_for_every_origin_are_a_flaw_even_where_every_origin_is_wanted() -> None:
    flawed = Flawed("wildcard with credentials")
    with serving(flawed.app) as url:
        found = failures(verified(url, flawed, origins=("*",)))
    assert [finding.name for finding in found] == ["foreign origin"]
    assert "expected no credentials together with every origin" in str(found[0])
