"""What the runner decides, as values."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.core.backoff import backoff
from rehearsal.core.runner.model import Scale, Share
from rehearsal.core.runner.scaling import PERIODS, Reading, decide, room
from rehearsal.core.runner.split import Split

KEDA = Scale(1, 10, concurrency=10)
CLOUD_RUN = Scale(0, 100, hard_limit=80)
CPU = Scale(1, 10, cpu=0.7)
BOTH = Scale(1, 10, concurrency=10, cpu=0.7)


def calm(requests: float = 0.0, cores: float = 0.0) -> list[Reading]:
    return [Reading(requests, cores)] * PERIODS


@pytest.mark.parametrize(
    ("readings", "scale", "current", "expected"),
    [
        ([], KEDA, 1, 1),
        ([Reading(25, 0)], KEDA, 1, 3),
        ([Reading(10.9, 0)], KEDA, 1, 1),  # within a tenth of the target
        ([Reading(500, 0)], KEDA, 1, 10),  # the maximum
        ([Reading(96, 0)], CLOUD_RUN, 1, 2),  # 60 % of the limit is the target
        ([Reading(0.2, 0)], CLOUD_RUN, 0, 1),
        ([Reading(0, 1.5)], CPU, 1, 3),  # 1.5 cores at 0.7 of one each
        ([Reading(12, 2.8)], BOTH, 1, 4),  # the rule that asks for most
        (calm(25)[:-1], KEDA, 5, 5),  # not yet a minute
        (calm(25), KEDA, 5, 3),
        ([*calm(25)[1:], Reading(1, 0)], KEDA, 5, 3),  # what the window's busiest moment needs
        (calm(), KEDA, 5, 1),  # the minimum
        (calm(), CLOUD_RUN, 5, 0),
        (calm(0.1), CLOUD_RUN, 5, 1),  # somebody is there
        (calm(cores=0.1), CPU, 4, 1),
        (calm(cores=0.66), CPU, 1, 1),
        ([], Scale(2, 4), 1, 2),
        (calm(50), Scale(1, 4), 3, 3),  # no rule, no change
    ],
)
def test_how_many_instances(readings: list[Reading], scale: Scale, current: int, expected: int) -> None:
    assert decide(readings, scale, cpus=1.0, current=current) == expected


@given(
    readings=st.lists(st.builds(Reading, st.floats(0, 500), st.floats(0, 50)), min_size=0, max_size=PERIODS),
    minimum=st.integers(0, 3),
    extra=st.integers(0, 20),
    current=st.integers(0, 30),
)
def test_the_bounds_always_hold(readings: list[Reading], minimum: int, extra: int, current: int) -> None:
    scale = Scale(minimum, minimum + extra, concurrency=10, cpu=0.7)
    assert scale.minimum <= decide(readings, scale, 1.0, current) <= scale.maximum


def test_room() -> None:
    assert [room(requests, Scale(0, 9, hard_limit=10)) for requests in (1, 10, 11)] == [1, 1, 2]
    assert room(50, Scale(0, 9)) == 1


@given(st.integers(0, 100), st.integers(1, 5))
def test_a_split_is_exact_and_smooth(percent: int, hundreds: int) -> None:
    split = Split([Share("a", percent), Share("b", 100 - percent)])
    chosen = [split.next() for _ in range(100 * hundreds)]
    assert Counter(chosen)["a"] == percent * hundreds
    # In no stretch is a revision more than one request away from its share.
    for end in range(len(chosen)):
        assert abs(chosen[:end].count("a") - end * percent / 100) <= 1


def test_a_split_of_nothing_and_of_nonsense() -> None:
    assert Split([]).next() is None
    with pytest.raises(ValueError, match="add up to 100"):
        Split([Share("a", 90), Share("b", 9)])


def test_restarts_are_at_once_then_ever_rarer_and_bounded() -> None:
    waits = [backoff(failures) for failures in range(12)]
    assert waits[:3] == [0, 0, 0]
    assert waits == sorted(waits)
    assert waits[-1] == 10
