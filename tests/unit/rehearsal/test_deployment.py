"""What a service's scheduler decides, as values."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rehearsal.aws.ecs.deployment import Limits, Task, breaker_threshold, plan
from rehearsal.core.backoff import backoff


def task(name: str, *, current: bool = True, healthy: bool = True, stopping: bool = False) -> Task:
    return Task(name, current, healthy, stopping, created=name)


def test_a_new_service_starts_all_it_wants() -> None:
    assert plan(Limits(3), []).start == 3


def test_former_tasks_stay_until_current_ones_are_healthy() -> None:
    rolling = [task("a", current=False), task("b", healthy=False)]
    assert plan(Limits(1), rolling).stop == ()
    assert plan(Limits(1), [task("a", current=False), task("b")]).stop == ("a",)


def test_a_roll_out_is_steady_when_the_former_tasks_are_gone() -> None:
    assert not plan(Limits(1), [task("a", current=False, stopping=True), task("b")]).steady
    assert plan(Limits(1), [task("b")]).steady
    assert not plan(Limits(1), [task("b", healthy=False)]).steady


def test_scaling_in_prefers_what_is_not_healthy() -> None:
    assert plan(Limits(1), [task("a"), task("b", healthy=False)]).stop == ("b",)


def test_nothing_starts_while_it_may_not() -> None:
    assert plan(Limits(2), [], may_start=False).start == 0


@dataclass
class World:
    """A service whose tasks do as they like, to see what the decisions lead to."""

    limits: Limits
    tasks: list[Task]
    made: int = 0
    served: list[int] = field(default_factory=list)

    def step(self) -> None:
        decided = plan(self.limits, self.tasks)
        active = [found for found in self.tasks if not found.stopping]
        assert len(active) + decided.start <= max(self.limits.most, len(active))
        for name in decided.stop:
            self.tasks = [
                replace(found, stopping=True) if found.arn == name else found for found in self.tasks
            ]
        for _ in range(decided.start):
            self.made += 1
            self.tasks.append(task(f"new-{self.made}", healthy=False))
        self.served.append(sum(found.healthy and not found.stopping for found in self.tasks))


@settings(max_examples=200)
@given(
    desired=st.integers(1, 6),
    before=st.integers(1, 8),
    minimum=st.sampled_from([50, 100]),
    maximum=st.sampled_from([150, 200]),
    choices=st.lists(st.integers(0, 20), min_size=60, max_size=60),
)
def test_any_roll_out_ends_steady_and_never_serves_with_less_than_it_may(
    desired: int, before: int, minimum: int, maximum: int, choices: list[int]
) -> None:
    limits = Limits(desired, minimum, maximum)
    # With no room to start and none to stop ECS makes no progress either.
    assume(limits.most > desired or limits.least_healthy < desired)
    world = World(limits, [task(f"old-{n}", current=False) for n in range(before)])
    floor = min(before, world.limits.least_healthy)
    for choice in choices:
        world.step()
        assert world.served[-1] >= floor
        waiting = [n for n, found in enumerate(world.tasks) if found.stopping or not found.healthy]
        if waiting:
            chosen = waiting[choice % len(waiting)]
            if world.tasks[chosen].stopping:
                del world.tasks[chosen]
            else:
                world.tasks[chosen] = replace(world.tasks[chosen], healthy=True)
    assert plan(world.limits, world.tasks).steady


@pytest.mark.parametrize(
    ("breaker", "desired", "expected"),
    [
        ({}, 4, None),
        ({"enable": False}, 4, None),
        ({"enable": True}, 1, 3),
        ({"enable": True}, 10, 5),
        ({"enable": True}, 1000, 200),
        ({"enable": True, "thresholdConfiguration": {"type": "COUNT", "value": 2}}, 9, 2),
        ({"enable": True, "thresholdConfiguration": {"type": "UNBOUNDED_PERCENT", "value": 50}}, 2, 1),
    ],
)
def test_the_circuit_breaker_counts_as_the_vendor_says(
    breaker: dict[str, object], desired: int, expected: int | None
) -> None:
    assert breaker_threshold({"deploymentCircuitBreaker": breaker}, desired) == expected


def test_restarts_are_at_once_then_ever_rarer_and_bounded() -> None:
    waits = [backoff(failures) for failures in range(12)]
    assert waits[:3] == [0, 0, 0]
    assert waits == sorted(waits)
    assert waits[-1] == 10
