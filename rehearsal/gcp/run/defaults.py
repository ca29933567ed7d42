"""What Cloud Run fills in where a service says nothing."""

from __future__ import annotations

from copy import deepcopy

from ..rpc import Json
from .quantities import cores

LATEST = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
REVISION = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"
PORT = 8080
_LIMITS = {"cpu": "1000m", "memory": "512Mi"}
_PROBE = {"timeoutSeconds": 1, "periodSeconds": 10, "failureThreshold": 3}
_PATIENT = {"timeoutSeconds": 240, "periodSeconds": 240, "failureThreshold": 1}


def complete(service: Json, account: str) -> Json:
    """The service as it is kept; ``account`` is what revisions run as by default."""
    service = {"ingress": "INGRESS_TRAFFIC_ALL", "launchStage": "GA", **deepcopy(service)}
    service["template"] = _template(service["template"], account)
    service["traffic"] = service.get("traffic") or [{"type": LATEST, "percent": 100}]
    return service


def _template(template: Json, account: str) -> Json:
    containers = [_container(one) for one in template["containers"]]
    concurrency = 80 if cores(containers[0]["resources"]["limits"]["cpu"]) >= 1 else 1
    filled = {
        **template,
        "containers": containers,
        "timeout": template.get("timeout", "300s"),
        "serviceAccount": template.get("serviceAccount") or account,
        "maxInstanceRequestConcurrency": template.get("maxInstanceRequestConcurrency") or concurrency,
    }
    filled["scaling"] = {"maxInstanceCount": 100, **template.get("scaling", {})}
    return filled


def _container(container: Json) -> Json:
    ports = container.get("ports") or [{}]
    port = ports[0].get("containerPort", PORT)
    resources = container.get("resources") or {"cpuIdle": True}
    filled = {
        **container,
        "ports": [{"name": "http1", "containerPort": port, **ports[0]}],
        "resources": {**resources, "limits": {**_LIMITS, **resources.get("limits", {})}},
        "startupProbe": {**_PATIENT, "tcpSocket": {"port": port}},
    }
    for key in ("startupProbe", "livenessProbe", "readinessProbe"):
        if key in container:
            filled[key] = _probe(container[key], port)
    return filled


def _probe(probe: Json, port: int) -> Json:
    filled = {**_PROBE, **probe}
    if "httpGet" in probe:
        filled["httpGet"] = {"path": "/", "port": port, **probe["httpGet"]}
    elif "tcpSocket" in probe:
        filled["tcpSocket"] = {"port": port, **probe["tcpSocket"]}
    return filled
