"""A template of Container Apps as the runner takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.runner import Probe, Scale
from .rules import gibibytes

REQUEST_SECONDS = 240.0  # what the ingress of Container Apps gives a request
_GRACE_SECONDS = 30
_HTTP_CONCURRENCY = 10.0  # without a rule
# What a type of probe is where the template has none, given the port of the ingress.
_DEFAULTS = {
    "Startup": {"initialDelaySeconds": 1, "periodSeconds": 1, "timeoutSeconds": 3, "failureThreshold": 240},
    "Readiness": {"initialDelaySeconds": 3, "periodSeconds": 5, "timeoutSeconds": 5, "failureThreshold": 48},
}


def completed(template: Mapping[str, Any]) -> dict[str, Any]:
    """With what Azure fills in where it says nothing."""
    containers = [
        {**container, "resources": _resources(container.get("resources") or {})}
        for container in template["containers"]
    ]
    scale = {"maxReplicas": 10, "cooldownPeriod": 300, "pollingInterval": 30, **(template.get("scale") or {})}
    return {"revisionSuffix": "", **template, "containers": containers, "scale": scale}


def _resources(given: Mapping[str, Any]) -> dict[str, Any]:
    cpu = given.get("cpu", 0.5)
    storage = next(size for size, most in ((1, 0.25), (2, 0.5), (4, 1.0), (8, 4.0)) if cpu <= most)
    return {"cpu": cpu, "memory": given.get("memory", "1Gi"), "ephemeralStorage": f"{storage}Gi"}


def probe(template: Mapping[str, Any], kind: str, port: int) -> Probe | None:
    """That of ``kind``: Startup, Liveness or Readiness."""
    for given in template["containers"][0].get("probes") or []:
        if given.get("type") == kind:
            return _probe(given, port)
    default = _DEFAULTS.get(kind)
    return _probe({**default, "tcpSocket": {"port": port}}, port) if default else None


def _probe(given: Mapping[str, Any], port: int) -> Probe:
    target = given.get("httpGet") or given["tcpSocket"]
    return Probe(
        path=target.get("path") or "/" if given.get("httpGet") else "",
        port=target.get("port") or port,
        initial_delay=given.get("initialDelaySeconds", 0),
        period=given.get("periodSeconds", 10),
        timeout=given.get("timeoutSeconds", 1),
        failures=given.get("failureThreshold", 3),
    )


def scale(template: Mapping[str, Any]) -> Scale:
    given = template["scale"]
    concurrency, cpu = None, None
    for rule in given.get("rules") or []:
        if rule.get("http"):
            concurrency = float(rule["http"]["metadata"]["concurrentRequests"])
        else:
            cpu = float(rule["custom"]["metadata"]["value"]) / 100
    if not given.get("rules"):
        concurrency = _HTTP_CONCURRENCY
    return Scale(given.get("minReplicas", 0), given["maxReplicas"], concurrency=concurrency, cpu=cpu)


def memory_bytes(template: Mapping[str, Any]) -> int:
    return int(gibibytes(template["containers"][0]["resources"]["memory"]) * (1 << 30))


def cpus(template: Mapping[str, Any]) -> float:
    return float(template["containers"][0]["resources"]["cpu"])


def patience(template: Mapping[str, Any]) -> int:
    return int(template.get("terminationGracePeriodSeconds") or _GRACE_SECONDS)
