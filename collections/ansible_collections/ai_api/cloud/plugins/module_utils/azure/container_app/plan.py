"""One deployment of a container app is one revision: which, with what traffic, and which ones may rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..resource.shape import fingerprint, seen

Body = Mapping[str, Any]
LATEST = [{"latestRevision": True, "weight": 100}]


class Revision(NamedTuple):
    """As Azure tells it; ``weight`` is its share of the traffic in percent, ``created`` an ISO time."""

    name: str
    active: bool
    weight: int
    created: str
    provisioning: str
    running: str
    health: str
    error: str

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Revision:
        of = content.get("properties") or {}
        return cls(
            name=content["name"],
            active=bool(of.get("active")),
            weight=int(of.get("trafficWeight") or 0),
            created=str(of.get("createdTime") or ""),
            provisioning=str(of.get("provisioningState") or ""),
            running=str(of.get("runningState") or ""),
            health=str(of.get("healthState") or ""),
            error=str(of.get("provisioningError") or of.get("runningStateDetails") or ""),
        )

    @property
    def is_ready(self) -> bool:
        """It runs, or would if somebody asked: one that is scaled to zero has no health."""
        if not self.active or self.provisioning != "Provisioned":
            return False
        return self.health == "Healthy" or self.running.replace(" ", "").casefold() in {
            "scaledto0",
            "scaledtozero",
        }

    @property
    def is_lost(self) -> bool:
        return self.provisioning == "Failed" or self.running in {"Failed", "ActivationFailed"}

    def __str__(self) -> str:
        states = (self.provisioning, self.running, f"health {self.health or 'unknown'}")
        return f"{self.name}: {', '.join(filter(None, states))}"


def suffix(resource_id: str, template: Body, live: Body | None, taken: Sequence[str]) -> str:
    """Of the revision that ``template`` makes: that of ``live``, the app's template now, if it is the same.

    ``taken`` are the suffixes that there are: Azure refuses to make a second revision of one name.
    """
    wanted = f"v{fingerprint(resource_id, template)}"
    held = str((live or {}).get("revisionSuffix") or "")
    if held.partition("-")[0] == wanted and seen(live, template) == template:
        return held
    count = sum(1 for each in taken if each.partition("-")[0] == wanted)
    return f"{wanted}-{count + 1}" if count else wanted


def with_revision(body: Body, revision_suffix: str) -> dict[str, Any]:
    """``body`` with the revision in it, and room for others beside it."""
    properties = body["properties"]
    return {
        **body,
        "properties": {
            **properties,
            "configuration": {**properties["configuration"], "activeRevisionsMode": "Multiple"},
            "template": {**properties["template"], "revisionSuffix": revision_suffix},
        },
    }


def unmoved(revisions: Sequence[Revision]) -> list[dict[str, Any]]:
    """The traffic where it is; where no revision has any, it goes to the one that is being made."""
    return [{"revisionName": each.name, "weight": each.weight} for each in revisions if each.weight] or LATEST


def routed(traffic: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The part of an app that says where its traffic goes."""
    return {"properties": {"configuration": {"ingress": {"traffic": list(traffic)}}}}


def only(revision: str) -> list[dict[str, Any]]:
    return [{"revisionName": revision, "weight": 100}]


def superfluous(revisions: Sequence[Revision], current: str, keep: int) -> list[str]:
    """The active revisions but for ``current``, which has all traffic, and the ``keep`` newest others."""
    old = [each for each in revisions if each.active and each.name != current]
    newest_first = sorted(old, key=lambda each: (each.created, each.name), reverse=True)
    return [each.name for each in newest_first[keep:]]
