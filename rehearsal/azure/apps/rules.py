"""What Container Apps refuses of an app, beyond what its model tells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..arm.errors import ArmError, invalid_fields

_PAIRS = [(quarters / 4, quarters / 2) for quarters in range(1, 17)]
_PROBE_BOUNDS = {
    "failureThreshold": (1, 30),
    "initialDelaySeconds": (0, 60),
    "periodSeconds": (1, 240),
    "successThreshold": (1, 10),
    "timeoutSeconds": (1, 240),
}
_REVISION = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
_REVISION_LENGTH = 54


def check(app: str, properties: Mapping[str, Any]) -> None:
    """Raise ArmError for the first thing that is wrong."""
    configuration, template = properties.get("configuration") or {}, properties.get("template") or {}
    _check_suffix(app, template.get("revisionSuffix") or "")
    containers = template.get("containers") or []
    if not containers:
        message = "Container app must have at least one container."
        raise ArmError(
            400, "ContainerAppContainersRequired", message, target="properties.template.containers"
        )
    if len(containers) > 1 or template.get("initContainers") or template.get("volumes"):
        raise unsupported("more than one container, init containers and volumes")
    for container in containers:
        _check_container(app, container, configuration)
    _check_resources(containers)
    _check_secrets(configuration.get("secrets") or [])
    _check_scale(app, template.get("scale") or {})
    ingress = configuration.get("ingress")
    if ingress:
        _check_ingress(app, ingress)
    for registry in configuration.get("registries") or []:
        if not registry.get("identity"):
            raise unsupported("registry credentials other than a managed identity")


def unsupported(what: str) -> ArmError:
    return ArmError(400, "NotSupportedInRehearsal", f"The rehearsal does not run {what}.")


def _check_suffix(app: str, suffix: str) -> None:
    name = f"{app}--{suffix}" if suffix else app
    if "--" in suffix or not _REVISION.fullmatch(name) or len(name) > _REVISION_LENGTH:
        raise ArmError(
            400,
            "ContainerAppInvalidRevisionName",
            f"Revision name has an invalid value '{name}'. A revision name must consist of lower case "
            "alphanumeric characters or '-', start with an alphabetic character, and end with an "
            "alphanumeric character. The length must not be more than a combined "
            f"{_REVISION_LENGTH} characters.",
            target="properties.template.revisionSuffix",
        )


def _check_container(app: str, container: Mapping[str, Any], configuration: Mapping[str, Any]) -> None:
    name = container.get("name") or ""
    if not name or not container.get("image"):
        raise invalid_fields(
            app, f"template.containers.{name}.image", "A container needs a name and an image."
        )
    known = {secret.get("name") for secret in configuration.get("secrets") or []}
    for variable in container.get("env") or []:
        reference = variable.get("secretRef")
        if reference and reference not in known:
            message = f"SecretRef '{reference}' defined for container '{name}' not found."
            raise ArmError(400, "ContainerAppSecretRefNotFound", message)
    for probe in container.get("probes") or []:
        _check_probe(app, name, probe)


def _check_probe(app: str, container: str, probe: Mapping[str, Any]) -> None:
    field = f"template.containers.{container}.probes"
    if bool(probe.get("httpGet")) == bool(probe.get("tcpSocket")):
        raise invalid_fields(app, field, "A probe needs exactly one of httpGet and tcpSocket.")
    for name, (least, most) in _PROBE_BOUNDS.items():
        if name in probe and not least <= probe[name] <= most:
            raise invalid_fields(app, f"{field}.{name}", f"{probe[name]} is not from {least} to {most}.")


def _check_resources(containers: list[dict[str, Any]]) -> None:
    """In sum they must be one of the pairs of the Consumption profile."""
    resources = [container.get("resources") or {} for container in containers]
    cpu = sum(each.get("cpu", 0.5) for each in resources)
    memory = sum(gibibytes(each.get("memory", "1Gi")) for each in resources)
    if (cpu, memory) not in _PAIRS:
        pairs = "; ".join(f"[cpu: {one:g}, memory: {other:.1f}Gi]" for one, other in _PAIRS)
        raise ArmError(
            400,
            "ContainerAppInvalidResourceTotal",
            "Invalid Request: Container app resources invalid: The total requested CPU and memory resources "
            f"for this application (CPU: {cpu:g}, memory: {memory:g}) is invalid. Total CPU and memory for "
            "all containers defined in a Container App must add up to one of the following CPU - Memory "
            f"combinations: {pairs}",
            target="properties.template.containers",
        )


def gibibytes(memory: str) -> float:
    """Of ``1.5Gi`` or ``512Mi``; nothing that would be a valid amount for anything else."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(Gi|Mi)", memory)
    return float(match[1]) / (1 if match[2] == "Gi" else 1024) if match else -1.0


def _check_secrets(secrets: list[dict[str, Any]]) -> None:
    for secret in secrets:
        referenced = secret.get("keyVaultUrl") and secret.get("identity")
        if not secret.get("name") or bool(secret.get("value")) == bool(referenced):
            raise ArmError(
                400,
                "ContainerAppSecretInvalid",
                f"Invalid Request: Container app secret(s) with name(s) '{secret.get('name', '')}' are "
                "invalid: value or keyVaultUrl and identity should be provided.",
                target="properties.configuration.secrets",
            )


def _check_scale(app: str, scale: Mapping[str, Any]) -> None:
    least, most = scale.get("minReplicas", 0), scale.get("maxReplicas", 10)
    if not 0 <= least <= most or not 1 <= most <= 1000:
        raise invalid_fields(app, "template.scale", f"minReplicas {least} and maxReplicas {most} do not fit.")
    for rule in scale.get("rules") or []:
        custom = rule.get("custom") or {}
        metadata = (rule.get("http") or custom).get("metadata") or {}
        number = metadata.get("concurrentRequests" if rule.get("http") else "value", "")
        is_cpu = custom.get("type") == "cpu" and metadata.get("type") == "Utilization"
        if not rule.get("name") or not (rule.get("http") or is_cpu):
            raise unsupported("scale rules other than http and custom of type cpu (Utilization), with a name")
        if not number.isdecimal() or int(number) < 1:
            message = f"The rule '{rule['name']}' needs a positive number, not '{number}'."
            raise invalid_fields(app, "template.scale.rules", message)


def _check_ingress(app: str, ingress: Mapping[str, Any]) -> None:
    if (ingress.get("transport") or "auto").lower() == "tcp":
        raise unsupported("TCP ingress")
    if not 1 <= ingress.get("targetPort", 0) <= 65535:
        raise invalid_fields(app, "configuration.ingress.targetPort", "A port from 1 to 65535 is needed.")
    traffic = ingress.get("traffic") or []
    total = sum(entry.get("weight", 0) for entry in traffic)
    if traffic and total != 100:
        message = f"The sum of traffic weights must be 100, it is {total}."
        raise invalid_fields(app, "configuration.ingress.traffic", message)
    for entry in traffic:
        if bool(entry.get("latestRevision")) == bool(entry.get("revisionName")):
            message = "Traffic goes either to the latestRevision or to a revisionName."
            raise invalid_fields(app, "configuration.ingress.traffic", message)
