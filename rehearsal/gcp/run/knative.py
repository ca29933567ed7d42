"""The first version of Cloud Run's API, as far as ``gcloud run services list`` asks for it."""

from __future__ import annotations

from collections.abc import Callable

from ..rpc import Handlers, Json, Rpc

DOCUMENT = "run.v1"
_KIND = "serving.knative.dev/v1"
_STATES = {"CONDITION_SUCCEEDED": "True", "CONDITION_FAILED": "False"}


def handlers(services: Callable[[], list[Json]]) -> Handlers:
    """``services`` gives the records of the second version."""

    def listed(rpc: Rpc) -> Json:
        """Of one location, or of all with ``-``."""
        parent = "" if rpc.id == "-" else f"{rpc.name}/"
        items = [_service(one) for one in services() if one["name"].startswith(parent)]
        return {"apiVersion": _KIND, "kind": "ServiceList", "items": items}

    return {"run.projects.locations.services.list": listed}


def _service(service: Json) -> Json:
    _, project, _, location, _, name = service["name"].split("/")
    condition = service["terminalCondition"]
    ready = {
        "type": "Ready",
        "status": _STATES.get(condition["state"], "Unknown"),
        "lastTransitionTime": condition["lastTransitionTime"],
    }
    if "message" in condition:
        ready["message"] = condition["message"]
    return {
        "apiVersion": _KIND,
        "kind": "Service",
        "metadata": {
            "name": name,
            "namespace": project,
            "uid": service["uid"],
            "generation": int(service["generation"]),
            "creationTimestamp": service["createTime"],
            "labels": {**service.get("labels", {}), "cloud.googleapis.com/location": location},
            "annotations": {"serving.knative.dev/lastModifier": service["lastModifier"]},
        },
        "status": {
            "url": service["uri"],
            "observedGeneration": int(service.get("observedGeneration", 0)),
            "conditions": [ready],
        },
    }
