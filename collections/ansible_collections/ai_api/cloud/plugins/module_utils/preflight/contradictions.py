"""Settings that are right each, but not together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..core.finding import Finding, failed

KEEP_ALIVE = 75  # seconds, the application's own
LONGEST_STOP = 120  # seconds, Fargate's limit

# CPU units -> the memory sizes in MiB that Fargate pairs with them
FARGATE_MEMORY: dict[int, Sequence[int]] = {
    256: (512, 1024, 2048),
    512: range(1024, 4096 + 1, 1024),
    1024: range(2048, 8192 + 1, 1024),
    2048: range(4096, 16384 + 1, 1024),
    4096: range(8192, 30720 + 1, 1024),
    8192: range(16384, 61440 + 1, 4096),
    16384: range(32768, 122880 + 1, 8192),
}

Setting = Callable[[str], Any]


def contradictions(cloud: str, setting: Setting) -> Iterator[Finding]:
    """What contradicts itself in the values of valid variables; ``setting`` knows the defaults too."""
    yield from _timeouts(setting)
    if cloud == "aws":
        yield from _memory(setting("service_cpu"), setting("service_memory"))
    least, most = setting("autoscaling_min"), setting("autoscaling_max")
    if least > most:
        yield _contradiction("autoscaling_max", f"at least autoscaling_min ({least})", most)
    subnets = setting("platform_subnet_ids")
    if setting("platform_vpc_id") and len(subnets) < 2:
        yield _contradiction(
            "platform_subnet_ids", "two subnets or more, as platform_vpc_id is set", len(subnets)
        )


def _timeouts(setting: Setting) -> Iterator[Finding]:
    """The chain that roles/service/README.md explains."""
    answer = setting("service_openai_timeout_seconds")  # retries included
    idle = setting("service_idle_timeout_seconds")
    if not answer < idle < KEEP_ALIVE:
        yield _contradiction(
            "service_idle_timeout_seconds",
            f"more than the longest answer ({answer}) and less than the keep-alive ({KEEP_ALIVE})",
            idle,
        )
    stop, needed = setting("service_stop_timeout_seconds"), setting("service_drain_seconds") + answer
    if not needed <= stop <= LONGEST_STOP:
        yield _contradiction(
            "service_stop_timeout_seconds",
            f"at least the drain and the longest answer ({needed}) and at most {LONGEST_STOP}",
            stop,
        )


def _memory(cpu: int, memory: int) -> Iterator[Finding]:
    sizes = FARGATE_MEMORY[cpu]
    if memory not in sizes:
        yield _contradiction(
            "service_memory", f"{sizes[0]}, {sizes[1]} ... {sizes[-1]} MiB for service_cpu {cpu}", memory
        )


def _contradiction(name: str, expected: str, found: object) -> Finding:
    return failed(
        name, expected=expected, found=str(found), next_step="Change one of them in the inventory or by -e"
    )
