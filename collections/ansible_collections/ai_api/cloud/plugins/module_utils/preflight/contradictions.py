"""Settings that are right each, but not together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ..core.finding import Finding, failed

KEEP_ALIVE = 75  # seconds, the application's own
LONGEST_STOP = {"aws": 120, "azure": 600}  # seconds: Fargate's and Container Apps' limits
CLOUD_RUN_STOP = 10  # seconds from SIGTERM to SIGKILL, always
CONTAINER_APPS_ANSWER = 240  # seconds after which its ingress gives up, always

ANSWER = "service_openai_timeout_seconds"  # retries included
STREAM = "service_openai_stream_timeout_seconds"
FIRST_TOKEN = "service_openai_first_token_timeout_seconds"  # noqa: S105  a name

# vCPUs -> the memory sizes in MiB that the platform pairs with them
MEMORY: dict[str, dict[float, Sequence[int]]] = {
    "aws": {
        0.25: (512, 1024, 2048),
        0.5: range(1024, 4096 + 1, 1024),
        1: range(2048, 8192 + 1, 1024),
        2: range(4096, 16384 + 1, 1024),
        4: range(8192, 30720 + 1, 1024),
        8: range(16384, 61440 + 1, 4096),
        16: range(32768, 122880 + 1, 8192),
    },
    "gcp": {
        1: range(128, 4096 + 1),
        2: range(128, 8192 + 1),
        4: range(2048, 16384 + 1),
        6: range(4096, 24576 + 1),
        8: range(4096, 32768 + 1),
    },
    "azure": {quarters / 4: (quarters * 512,) for quarters in range(1, 17)},
}

Setting = Callable[[str], Any]


def contradictions(cloud: str, setting: Setting) -> Iterator[Finding]:
    """What contradicts itself in the values of valid variables; ``setting`` knows the defaults too."""
    yield from TIMEOUTS[cloud](setting)
    if setting(FIRST_TOKEN) > setting(STREAM):
        yield _contradiction(FIRST_TOKEN, f"at most {STREAM} ({setting(STREAM)})", setting(FIRST_TOKEN))
    yield from _memory(MEMORY[cloud], setting("service_cpu"), setting("service_memory"))
    least, most = setting("autoscaling_min"), setting("autoscaling_max")
    if least > most:
        yield _contradiction("autoscaling_max", f"at least autoscaling_min ({least})", most)
    if cloud == "aws":
        yield from _subnets(setting)


def _subnets(setting: Setting) -> Iterator[Finding]:
    subnets = setting("platform_subnet_ids")
    if setting("platform_vpc_id") and len(subnets) < 2:
        yield _contradiction(
            "platform_subnet_ids", "two subnets or more, as platform_vpc_id is set", len(subnets)
        )


# The chains of timeouts that roles/service/README.md explains


def _ecs_timeouts(setting: Setting) -> Iterator[Finding]:
    answer, idle = setting(ANSWER), setting("service_idle_timeout_seconds")
    if not answer < idle < KEEP_ALIVE:  # streams have heartbeats
        yield _contradiction(
            "service_idle_timeout_seconds",
            f"more than the longest plain answer ({answer}) and less than the keep-alive ({KEEP_ALIVE})",
            idle,
        )
    longest, delay = setting(_longest(setting)), setting("service_deregistration_delay_seconds")
    if delay < longest:
        yield _contradiction(
            "service_deregistration_delay_seconds", f"at least the longest answer ({longest})", delay
        )
    yield from _stop(setting, LONGEST_STOP["aws"])


def _cloud_run_timeouts(setting: Setting) -> Iterator[Finding]:
    longest, request = setting(_longest(setting)), setting("service_request_timeout_seconds")
    if not longest < request:
        yield _contradiction(
            "service_request_timeout_seconds", f"more than the longest answer ({longest})", request
        )
    drain = setting("service_drain_seconds")
    if not drain < CLOUD_RUN_STOP:
        yield _contradiction(
            "service_drain_seconds",
            f"less than the {CLOUD_RUN_STOP} s that Cloud Run leaves after SIGTERM",
            drain,
        )


def _container_apps_timeouts(setting: Setting) -> Iterator[Finding]:
    longest = _longest(setting)
    if not setting(longest) < CONTAINER_APPS_ANSWER:
        yield _contradiction(
            longest,
            f"less than the {CONTAINER_APPS_ANSWER} s after which the ingress of Container Apps gives up",
            setting(longest),
        )
    yield from _stop(setting, LONGEST_STOP["azure"])


TIMEOUTS = {"aws": _ecs_timeouts, "gcp": _cloud_run_timeouts, "azure": _container_apps_timeouts}


def _longest(setting: Setting) -> str:
    """The setting of the longest answer, plain or streamed."""
    return max(ANSWER, STREAM, key=setting)


def _stop(setting: Setting, longest: int) -> Iterator[Finding]:
    needed = setting("service_drain_seconds") + setting(_longest(setting))
    stop = setting("service_stop_timeout_seconds")
    if not needed <= stop <= longest:
        yield _contradiction(
            "service_stop_timeout_seconds",
            f"at least the drain and the longest answer ({needed}) and at most {longest}",
            stop,
        )


def _memory(pairs: Mapping[float, Sequence[int]], cpu: float, memory: int) -> Iterator[Finding]:
    sizes = pairs.get(cpu)
    if sizes is None:
        yield _contradiction("service_cpu", f"one of {', '.join(f'{size:g}' for size in pairs)}", f"{cpu:g}")
    elif memory not in sizes:
        yield _contradiction("service_memory", f"{_sizes(sizes)} MiB for service_cpu {cpu:g}", memory)


def _sizes(sizes: Sequence[int]) -> str:
    if len(sizes) == 1:
        return str(sizes[0])
    if isinstance(sizes, range) and sizes.step == 1:
        return f"{sizes[0]} to {sizes[-1]}"
    return f"{sizes[0]}, {sizes[1]} ... {sizes[-1]}"


def _contradiction(name: str, expected: str, found: object) -> Finding:
    return failed(
        name, expected=expected, found=str(found), next_step="Change one of them in the inventory or by -e"
    )
