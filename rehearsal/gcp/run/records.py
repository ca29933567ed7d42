"""The records of services and revisions, as the API shows them."""

from __future__ import annotations

import secrets
import string
import uuid

from ..rpc import Json, etag, now
from . import conditions
from .plan import Target

_SUFFIX = string.ascii_lowercase + string.digits
# Of the template, what a revision takes over.
_TAKEN = (
    "labels",
    "annotations",
    "scaling",
    "vpcAccess",
    "serviceAccount",
    "timeout",
    "containers",
    "volumes",
    "executionEnvironment",
    "encryptionKey",
    "sessionAffinity",
    "maxInstanceRequestConcurrency",
)
# What a caller declares; a change of it is a new generation.
DECLARED = (
    "labels",
    "annotations",
    "description",
    "client",
    "clientVersion",
    "ingress",
    "launchStage",
    "scaling",
    "invokerIamDisabled",
    "defaultUriDisabled",
    "customAudiences",
    "iapEnabled",
    "binaryAuthorization",
    "template",
    "traffic",
)


def new_service(name: str, declared: Json, caller: str) -> Json:
    time = now()
    return {
        **declared,
        "name": name,
        "uid": str(uuid.uuid4()),
        "generation": "0",
        "createTime": time,
        "updateTime": time,
        "creator": caller,
        "lastModifier": caller,
        "etag": etag(),
    }


def next_generation(service: Json, caller: str) -> None:
    """The declared state has changed: the service is to be brought there."""
    service |= {
        "generation": str(int(service["generation"]) + 1),
        "updateTime": now(),
        "lastModifier": caller,
        "etag": etag(),
        "reconciling": True,
        "terminalCondition": conditions.working(),
        "conditions": [conditions.working(kind) for kind in ("RoutesReady", "ConfigurationsReady")],
    }


def settled(service: Json) -> None:
    """The service is as declared."""
    service |= {
        "observedGeneration": service["generation"],
        "reconciling": False,
        "terminalCondition": conditions.fine(),
        "conditions": [conditions.fine(kind) for kind in ("RoutesReady", "ConfigurationsReady")],
        "etag": etag(),
    }


def stuck(service: Json, message: str) -> None:
    """The service stays what it was."""
    service |= {
        "reconciling": False,
        "terminalCondition": conditions.failed(message, reason="REVISION_FAILED"),
        "conditions": [
            conditions.fine("RoutesReady"),
            conditions.failed(message, "ConfigurationsReady", reason="REVISION_FAILED"),
        ],
        "etag": etag(),
    }


def new_revision(service: Json, caller: str) -> Json:
    template = service["template"]
    suffix = "".join(secrets.choice(_SUFFIX) for _ in range(3))
    own = service["name"].rpartition("/")[2]
    name = template.get("revision") or f"{own}-{int(service['generation']):05d}-{suffix}"
    time = now()
    return {
        **{key: template[key] for key in _TAKEN if key in template},
        "name": f"{service['name']}/revisions/{name}",
        "uid": str(uuid.uuid4()),
        "generation": "1",
        "observedGeneration": "1",
        "createTime": time,
        "updateTime": time,
        "creator": caller,
        "launchStage": service["launchStage"],
        "service": service["name"],
        "reconciling": True,
        "conditions": [conditions.working()],
        "etag": etag(),
    }


def ready(revision: Json) -> None:
    kinds = ("Ready", "ContainerHealthy")
    revision |= {"reconciling": False, "conditions": [conditions.fine(kind) for kind in kinds]}


def failed(revision: Json, message: str, **reason: str) -> None:
    revision |= {"reconciling": False, "conditions": [conditions.failed(message, **reason)]}


def statuses(split: list[Target], uri: str, service: str) -> list[Json]:
    """Of the traffic that is served; a tag's address needs *.localhost to be this machine."""
    shown = []
    for target in split:
        status: Json = {"type": target.kind, "revision": target.revision}
        if target.percent:
            status["percent"] = target.percent
        if target.tag:
            host = f"{target.tag}---{service}.localhost"
            status |= {"tag": target.tag, "uri": uri.replace("127.0.0.1", host)}
        shown.append(status)
    return shown
