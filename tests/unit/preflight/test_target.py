"""Regions, keys, and settings that contradict each other."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.ai_api.cloud.plugins.module_utils.preflight.contradictions import contradictions
from ansible_collections.ai_api.cloud.plugins.module_utils.preflight.declared import Declared
from ansible_collections.ai_api.cloud.plugins.module_utils.preflight.provider_key import unusable_key
from ansible_collections.ai_api.cloud.plugins.module_utils.preflight.target import malformed_region
from ansible_collections.ai_api.cloud.plugins.module_utils.preflight.variables import Variables

from tests.unit.playing import ROOT


@pytest.mark.parametrize(
    ("region", "meant"),
    [
        ("us-east1", "us-east-1"),
        ("useast1", "us-east-1"),
        ("US-EAST-1", "us-east-1"),
        ("eu_central_1", "eu-central-1"),
        ("eu-west-1a", "eu-west-1"),
        ("us-gov-west1", "us-gov-west-1"),
    ],
)
def test_a_slip_in_the_region_is_named_with_what_was_meant(region: str, meant: str) -> None:
    [problem] = malformed_region("aws", region)
    assert str(problem) == (
        f"target_region: expected the name of an AWS region, found '{region}'. Did you mean {meant}?"
    )


def test_a_region_like_no_other_is_answered_with_an_example() -> None:
    [problem] = malformed_region("aws", "moon")
    assert "for example us-east-1" in str(problem)


@pytest.mark.parametrize("region", ["us-east-1", "ap-southeast-7", "us-gov-west-1", "us-new-9"])
def test_a_well_formed_region_passes_though_the_sdk_may_not_know_it_yet(region: str) -> None:
    assert list(malformed_region("aws", region)) == []


@pytest.mark.parametrize("key", ["", "  ", None])
def test_a_missing_key_is_answered_with_both_ways_to_give_it(key: str | None) -> None:
    [problem] = unusable_key(key)
    assert "OPENAI_API_KEY or secret_store_openai_api_key, found neither" in str(problem)
    assert "ansible-vault create" in str(problem)


@pytest.mark.parametrize("spoil", [" and more", "\nsecond", "\u201d", "\x00"])
def test_a_key_that_cannot_be_sent_is_refused_without_being_shown(spoil: str) -> None:
    key = secrets.token_urlsafe(20)
    [problem] = unusable_key(f"{key}{spoil}x")
    assert key not in str(problem)
    assert "Copy the key again" in str(problem)


def test_a_key_with_a_line_break_at_its_end_is_usable() -> None:
    assert list(unusable_key(f"sk-{secrets.token_urlsafe(20)}\n")) == []


def found(given: Mapping[str, Any], cloud: str = "aws") -> list[str]:
    declared = Declared.read(ROOT / "roles", ROOT / "inventories" / "argument_specs.yml")
    templar = Templar(DataLoader(), variables={"target_cloud": cloud})
    setting = Variables(declared, given, templar.template).setting
    return [str(problem) for problem in contradictions(cloud, setting)]


@pytest.mark.parametrize("cloud", ["aws", "gcp", "azure"])
def test_the_defaults_do_not_contradict_each_other(cloud: str) -> None:
    assert found({}, cloud) == []


@pytest.mark.parametrize(
    ("cloud", "given", "says"),
    [
        ("aws", {"service_openai_timeout_seconds": 60}, "expected more than the longest plain answer (60)"),
        ("aws", {"service_idle_timeout_seconds": 80}, "and less than the keep-alive (75), found 80"),
        ("aws", {"service_drain_seconds": "40"}, "expected at least the drain and the longest answer (140)"),
        ("aws", {"service_deregistration_delay_seconds": 30}, "expected at least the longest answer (100)"),
        (
            "aws",
            {"service_openai_stream_timeout_seconds": 300, "service_deregistration_delay_seconds": 300},
            "the drain and the longest answer (310) and at most 120, found 120",
        ),
        (
            "aws",
            {"service_openai_first_token_timeout_seconds": 101},
            "expected at most service_openai_stream",
        ),
        ("aws", {"service_stop_timeout_seconds": 121}, "and at most 120, found 121"),
        ("aws", {"service_memory": 512}, "expected 1024, 2048 ... 4096 MiB for service_cpu 0.5, found 512"),
        (
            "aws",
            {"service_cpu": "0.25", "service_memory": 1536},
            "service_memory: expected 512, 1024 ... 2048",
        ),
        ("aws", {"service_cpu": 3}, "service_cpu: expected one of 0.25, 0.5, 1, 2, 4, 8, 16, found 3"),
        ("aws", {"autoscaling_min": 11}, "autoscaling_max: expected at least autoscaling_min (11), found 10"),
        ("aws", {"platform_vpc_id": "vpc-1"}, "platform_subnet_ids: expected two subnets or more"),
        ("gcp", {"service_openai_timeout_seconds": 300}, "expected more than the longest answer (300)"),
        (
            "gcp",
            {"service_openai_stream_timeout_seconds": 300},
            "expected more than the longest answer (300)",
        ),
        ("gcp", {"service_drain_seconds": 10}, "expected less than the 10 s that Cloud Run leaves"),
        ("gcp", {"service_memory": 8192}, "expected 128 to 4096 MiB for service_cpu 1, found 8192"),
        (
            "gcp",
            {"autoscaling_min": 101},
            "autoscaling_max: expected at least autoscaling_min (101), found 100",
        ),
        (
            "azure",
            {"service_openai_timeout_seconds": 240, "service_stop_timeout_seconds": 300},
            "less than the 240 s after which the ingress",
        ),
        (
            "azure",
            {"service_openai_stream_timeout_seconds": 240},
            "service_openai_stream_timeout_seconds: expected less than the 240 s",
        ),
        ("azure", {"service_stop_timeout_seconds": 30}, "(240) and at most 600, found 30"),
        ("azure", {"service_memory": 2048}, "expected 1024 MiB for service_cpu 0.5, found 2048"),
    ],
)
def test_a_contradiction_is_named(cloud: str, given: Mapping[str, Any], says: str) -> None:
    [problem] = found(given, cloud)
    assert says in problem
