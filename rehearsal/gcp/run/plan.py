"""From Cloud Run's records to what the runner is told."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from ...core.runner import Container, Probe, Revision, Scale, Share
from ..rpc import Json
from .defaults import LATEST, REVISION
from .quantities import cores, seconds, size

REVISION_LABEL = "ai-api-rehearsal.revision"
_UTILIZATION = 0.6  # of the CPU and of the concurrency: what Cloud Run aims at
_STOP_SECONDS = 10


@dataclass(frozen=True)
class Target:
    """A part of the traffic, by the name of its revision."""

    kind: str
    revision: str
    percent: int
    tag: str


def targets(traffic: list[Json], latest: str) -> list[Target]:
    """``latest`` is the latest ready revision."""
    return [
        Target(
            target.get("type") or LATEST,
            target["revision"] if target.get("type") == REVISION else latest,
            target.get("percent", 0),
            target.get("tag", ""),
        )
        for target in traffic
    ]


def shares(split: list[Target]) -> list[Share]:
    percents: dict[str, int] = {}
    for target in split:
        percents[target.revision] = percents.get(target.revision, 0) + target.percent
    return [Share(revision, percent) for revision, percent in percents.items() if percent]


def tags(split: list[Target]) -> dict[str, str]:
    return {target.tag: target.revision for target in split if target.tag}


def runnable(record: Json, image: str, login: tuple[str, str] | None, environ: Mapping[str, str]) -> Revision:
    """A revision's record for the runner; ``environ`` is all of it, with the values of secrets."""
    container = record["containers"][0]
    limits = container["resources"]["limits"]
    return Revision(
        name=record["name"].rpartition("/")[2],
        container=Container(
            image=image,
            environ=environ,
            port=container["ports"][0]["containerPort"],
            cpus=cores(limits["cpu"]),
            memory=size(limits["memory"]),
            command=container.get("command") or None,
            args=container.get("args") or None,
            login=login,
        ),
        scale=scale(record, {}, 0),
        startup=_probe(container["startupProbe"]),
        liveness=_probe(container.get("livenessProbe")),
        readiness=_probe(container.get("readinessProbe")),
        request_timeout=seconds(record["timeout"]),
        finish_patience=seconds(record["timeout"]),  # SIGTERM is for instances that have nothing in hand
        stop_patience=_STOP_SECONDS,
        labels={REVISION_LABEL: record["name"]},
    )


def scale(record: Json, service: Json, percent: int) -> Scale:
    """Of a revision that gets so much of the service's traffic.

    The service's own bounds are shared out among its revisions by what each gets of the traffic.
    """
    own, whole = record["scaling"], service.get("scaling", {})
    limit, cpu = record["maxInstanceRequestConcurrency"], own.get("cpuUtilization", _UTILIZATION)
    least = max(own.get("minInstanceCount", 0), _part(whole.get("minInstanceCount", 0), percent))
    most = own.get("maxInstanceCount") or 100
    if whole.get("maxInstanceCount") and percent:
        most = min(most, _part(whole["maxInstanceCount"], percent))
    if whole.get("scalingMode") == "MANUAL":
        least = most = _part(whole.get("manualInstanceCount", 0), percent)
    return Scale(
        minimum=min(least, most),
        maximum=most,
        concurrency=limit * (own.get("concurrencyUtilization") or _UTILIZATION),
        hard_limit=limit,
        cpu=cpu or None,
    )


def patience(record: Json) -> float:
    """Seconds that a revision may take to become ready."""
    probe = record["containers"][0]["startupProbe"]
    return float(probe.get("initialDelaySeconds", 0) + probe["periodSeconds"] * probe["failureThreshold"])


def _part(count: int, percent: int) -> int:
    return math.ceil(count * percent / 100)


def _probe(probe: Json | None) -> Probe | None:
    if probe is None:
        return None
    action = probe.get("httpGet") or probe["tcpSocket"]
    return Probe(
        path=action.get("path", ""),
        port=action["port"],
        initial_delay=probe.get("initialDelaySeconds", 0),
        period=probe["periodSeconds"],
        timeout=probe["timeoutSeconds"],
        failures=probe["failureThreshold"],
    )
