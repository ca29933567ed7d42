"""What Cloud Run refuses of a service that its schema allows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..collection import check_labels
from ..errors import ApiError, violation
from ..rpc import Json
from .quantities import cores, seconds, size

SERVICE = re.compile(r"[a-z]([a-z0-9-]{0,47}[a-z0-9])?")
_REVISION = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_TAG = re.compile(r"[a-z0-9]([a-z0-9-]{0,44}[a-z0-9])?")
_RESERVED = ("PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION")
_MOST_SECONDS, _MOST_CONCURRENCY, _STARTUP_SECONDS = 3600, 1000, 240
_MEMORY = (128 * 2**20, 32 * 2**30)
_ABSENT = "required field not present."

Problem = tuple[str, str]


def check(request: str, name: str, service: Json) -> None:
    """``request`` is the message that Google names, ``name`` the service's id. Raise ApiError."""
    check_labels(service)
    for field, description in _problems(name, service):
        raise violation(request, f"service.{field}", description)


def _problems(name: str, service: Json) -> Iterator[Problem]:
    template = service.get("template")
    if not template:
        yield "template", _ABSENT
        return
    check_labels(template)
    containers = template.get("containers", [])
    if not containers:
        yield "template.containers", _ABSENT
    if len(containers) > 1:
        raise ApiError("UNIMPLEMENTED", "The stand-in runs one container per instance: template.containers.")
    for container in containers:
        yield from (
            (f"template.containers[0]{field}", text) for field, text in _container_problems(container)
        )
    revision = template.get("revision", "")
    if revision and not (revision.startswith(f"{name}-") and _REVISION.fullmatch(revision)):
        yield (
            "template.revision",
            "Revision name must be prefixed by the name of the enclosing Service with trailing -: "
            f"{revision}",
        )
    if not 0 < seconds(template.get("timeout", "300s")) <= _MOST_SECONDS:
        yield "template.timeout", f"timeout must be at most {_MOST_SECONDS}s."
    concurrency = template.get("maxInstanceRequestConcurrency", 0)
    if not 0 <= concurrency <= _MOST_CONCURRENCY:
        text = f"max_instance_request_concurrency must be between 1 and {_MOST_CONCURRENCY}."
        yield "template.max_instance_request_concurrency", text
    if concurrency > 1 and cores(_limits(containers[0]).get("cpu", "1")) < 1:
        text = "max_instance_request_concurrency must be 1 when less than 1 CPU is requested."
        yield "template.max_instance_request_concurrency", text
    yield from _scaling_problems("scaling", service.get("scaling") or {})
    yield from _scaling_problems("template.scaling", template.get("scaling") or {})
    yield from _traffic_problems(service.get("traffic") or [])


def _container_problems(container: Json) -> Iterator[Problem]:
    if not container.get("image"):
        yield ".image", _ABSENT
    ports = container.get("ports", [])
    if len(ports) > 1:
        yield ".ports", "ports should contain 0 or 1 port."
    if ports and not 0 < ports[0].get("containerPort", 1) < 65536:
        yield ".ports[0].container_port", "container_port must be between 1 and 65535."
    if ports and ports[0].get("name", "http1") not in ("http1", "h2c"):
        yield ".ports[0].name", "name must be http1 or h2c."
    names = [variable.get("name", "") for variable in container.get("env", [])]
    for index, variable in enumerate(container.get("env", [])):
        if not variable.get("name"):
            yield f".env[{index}].name", _ABSENT
        if names.count(variable.get("name", "")) > 1:
            yield f".env[{index}].name", f"duplicate variable {variable['name']}."
        selector = variable.get("valueSource", {}).get("secretKeyRef")
        if selector is not None and not selector.get("secret"):
            yield f".env[{index}].value_source.secret_key_ref.secret", _ABSENT
    if reserved := [one for one in names if one in _RESERVED]:
        yield (
            ".env",
            f"The following reserved env names were provided: {', '.join(reserved)}. "
            "These values are automatically set by the system.",
        )
    yield from _resource_problems(_limits(container))
    for field in ("startupProbe", "livenessProbe", "readinessProbe"):
        if field in container:
            yield from _probe_problems(field, container[field])


def _resource_problems(limits: Json) -> Iterator[Problem]:
    field = ".resources.limits"
    if unknown := limits.keys() - {"cpu", "memory", "nvidia.com/gpu"}:
        yield field, f"unsupported limits: {', '.join(sorted(unknown))}."
    try:
        cpu, memory = cores(limits.get("cpu", "1")), size(limits.get("memory", "512Mi"))
    except ValueError as error:
        yield field, f"Invalid quantity '{error}'."
        return
    if not (0.08 <= cpu <= 1 or cpu in (2, 4, 6, 8)):
        yield f"{field}.cpu", "Invalid value specified for cpu. Use 1, 2, 4, 6 or 8, or less than 1."
    if not _MEMORY[0] <= memory <= _MEMORY[1]:
        yield f"{field}.memory", "Invalid value specified for container memory: 128Mi to 32Gi."
    if cpu >= 4 and memory < 2 * 2**30:
        yield f"{field}.memory", "For 4 and more CPU at least 2Gi of memory are required."


def _probe_problems(field: str, probe: Json) -> Iterator[Problem]:
    where = f".{field.removesuffix('Probe')}_probe"
    if len(probe.keys() & {"httpGet", "tcpSocket", "grpc"}) != 1:
        yield where, "exactly one of http_get, tcp_socket and grpc must be specified."
    if "grpc" in probe:
        raise ApiError("UNIMPLEMENTED", f"The stand-in has no gRPC probes: template.containers[0]{where}.")
    if field != "startupProbe" and "tcpSocket" in probe:
        yield f"{where}.tcp_socket", "is supported for startup probes only."
    period, timeout = probe.get("periodSeconds", 10), probe.get("timeoutSeconds", 1)
    if timeout > period:
        yield f"{where}.timeout_seconds", "must not be greater than period_seconds."
    failures = probe.get("failureThreshold", 3)
    if min(period, timeout, failures) < 1:
        yield where, "period_seconds, timeout_seconds and failure_threshold must be at least 1."
    if field == "startupProbe" and period * failures > _STARTUP_SECONDS:
        text = f"failure_threshold * period_seconds must be at most {_STARTUP_SECONDS}."
        yield f"{where}.failure_threshold", text


def _scaling_problems(field: str, scaling: Json) -> Iterator[Problem]:
    least, most = scaling.get("minInstanceCount", 0), scaling.get("maxInstanceCount", 0)
    if least < 0 or most < 0:
        yield field, "instance counts must not be negative."
    if most and least > most:
        yield f"{field}.min_instance_count", "must not be greater than max_instance_count."


def _traffic_problems(traffic: list[Json]) -> Iterator[Problem]:
    if traffic and sum(target.get("percent", 0) for target in traffic) != 100:
        yield "traffic", "traffic percentages must add up to 100."
    tags = [target["tag"] for target in traffic if target.get("tag")]
    for index, target in enumerate(traffic):
        by_revision = target.get("type", "").endswith("_REVISION")
        if by_revision and not target.get("revision"):
            yield f"traffic[{index}].revision", _ABSENT
        if not by_revision and target.get("revision"):
            text = "must be empty unless the type is TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION."
            yield f"traffic[{index}].revision", text
        tag = target.get("tag")
        if tag and (not _TAG.fullmatch(tag) or tags.count(tag) > 1):
            yield f"traffic[{index}].tag", f"'{tag}' is not a unique and valid tag."


def _limits(container: Json) -> Json:
    return (container.get("resources") or {}).get("limits") or {}
