"""Container apps."""

from __future__ import annotations

from typing import Any

from ...core.asgi import Request, Response
from ..arm.errors import ArmError, answer, field_message, invalid_fields
from ..arm.kind import Change, Kind, Way
from ..arm.store import Record
from ..cloud import Cloud
from ..kinds.environments import VERSIONS, Environments, domain
from . import revisions, rules, template
from .access import Access, provisioning_error
from .below import Below
from .revisions import AppRevision
from .running import Running, identity_header


class ContainerApps(Kind):
    namespace = "Microsoft.App"
    type = "containerApps"
    id_type = "containerapps"
    versions = VERSIONS
    model = "app.ContainerApp"
    name_pattern = r"[a-z](?!.*--)([a-z0-9-]{0,30}[a-z0-9])?"
    name_code = "ContainerAppInvalidName"
    busy_code = "ContainerAppOperationInProgress"
    creating = Way.STATUS
    patching = Way.RESULT
    deleting = Way.RESULT
    in_creation = "InProgress"
    in_update = "InProgress"
    displays_location = True

    def __init__(self, cloud: Cloud, access: Access, running: Running) -> None:
        super().__init__(cloud)
        self._access = access
        self._running = running
        self._below = Below(running)

    def check(self, change: Change) -> None:
        properties = change.body.setdefault("properties", {})
        identity = properties.pop("managedEnvironmentId", None)
        properties.setdefault("environmentId", identity)
        environment = self.cloud.store.get(properties["environmentId"] or "")
        if environment is None or environment.kind != f"{Environments.namespace}/{Environments.type}":
            message = f"The environment '{properties['environmentId']}' does not exist."
            raise ArmError(400, "ManagedEnvironmentNotFound", message, target="properties.environmentId")
        if change.before and environment.id != change.before.properties["environmentId"]:
            message = "The environment of a container app cannot be changed."
            raise ArmError(400, "ContainerAppEnvironmentIdCannotBeChanged", message)
        if "SystemAssigned" in (change.body.get("identity") or {}).get("type", ""):
            raise rules.unsupported("apps with a system-assigned identity")
        properties["environmentId"] = environment.id
        rules.check(change.name, properties)
        self._check_traffic(change)
        self._access.secrets(change.name, change.body)

    def _check_traffic(self, change: Change) -> None:
        """Weights go to revisions that are there and active, or about to be."""
        given, made = change.body["properties"], revisions.revisions(change.before) if change.before else []
        coming = f"{change.name}--{(given.get('template') or {}).get('revisionSuffix')}"
        known = {revision.name for revision in made if revision.active} | {coming}
        for entry in ((given.get("configuration") or {}).get("ingress") or {}).get("traffic") or []:
            name = entry.get("revisionName")
            if name and name not in known and entry.get("weight"):
                message = f"Revision '{name}' does not exist or is not active."
                raise invalid_fields(change.name, "configuration.ingress.traffic", message)

    def fill(self, record: Record, change: Change) -> None:
        if change.before is None:
            record.hidden = {
                "port": self._free_port(),
                "identity_header": identity_header(),
                "revisions": [],
                "serial": 0,
            }
        properties = record.properties
        configuration: dict[str, Any] = {"activeRevisionsMode": "Single", "maxInactiveRevisions": 100}
        configuration |= properties.get("configuration") or {}
        if configuration.get("ingress"):
            configuration["ingress"] = {
                "external": False,
                "transport": "auto",
                "allowInsecure": False,
                "traffic": [{"latestRevision": True, "weight": 100}],
                **configuration["ingress"],
            }
        record.body["properties"] = {
            "workloadProfileName": "Consumption",
            **properties,
            "configuration": configuration,
            "template": template.completed(properties["template"]),
        }

    def work(self, record: Record) -> None:
        """A changed template makes a revision, one that failed is tried again. Raise ArmError if it fails."""
        self._running.open(record)
        wanted, newest = record.properties["template"], revisions.latest(record)
        suffix = wanted["revisionSuffix"] or ""
        changed = newest is None or not revisions.same(wanted, newest.template)
        renamed = bool(suffix) and (newest is None or newest.name != f"{record.name}--{suffix}")
        if changed or renamed:
            newest = self._new_revision(record, suffix)
        elif newest and newest.active and not newest.ready:
            self._running.start(record, newest)
        self._running.settle(record)
        if newest and newest.active:
            self._running.wait(record, newest)

    def _new_revision(self, record: Record, suffix: str) -> AppRevision:
        record.hidden["serial"] += 1
        name = f"{record.name}--{suffix or format(record.hidden['serial'], '07d')}"
        if any(revision.name == name for revision in revisions.revisions(record)):
            details = f'Invalid value: "{suffix}": revision with suffix {suffix} already exists.'
            raise provisioning_error(record.name, field_message("template.revisionsuffix", details))
        revision = AppRevision(name, record.properties["template"])
        self._running.start(record, revision)
        revisions.revisions(record).append(revision)
        self._forget_old(record)
        return revision

    def _forget_old(self, record: Record) -> None:
        inactive = [revision for revision in revisions.revisions(record) if not revision.active]
        kept = record.properties["configuration"]["maxInactiveRevisions"]
        for revision in inactive[: max(0, len(inactive) - kept)]:
            revisions.revisions(record).remove(revision)

    def remove(self, record: Record) -> None:
        self._running.close(record)

    def action(self, record: Record, steps: tuple[str, ...], request: Request) -> Response | None:
        if steps[0].casefold() == "listsecrets" and request.method == "POST":
            return answer({"value": record.properties["configuration"].get("secrets") or []})
        return self._below.answer(record, steps, request)

    def view(self, record: Record) -> dict[str, Any]:
        shown = super().view(record)
        identity = record.body.get("identity") or {"type": "None"}
        assigned = {
            each.id: {name: each.hidden[name] for name in ("principalId", "clientId")}
            for each in self._access.identities(record.body)
        }
        if assigned:
            identity = {**identity, "userAssignedIdentities": assigned}
        return {**shown, "identity": identity}

    def properties(self, record: Record) -> dict[str, Any]:
        shown, suffix = dict(record.properties), domain(self.cloud, record.properties["environmentId"])
        configuration = dict(shown["configuration"])
        hidden = [
            {key: value for key, value in secret.items() if key != "value"}
            for secret in configuration.get("secrets") or []
        ]
        configuration["secrets"] = hidden or None
        if configuration.get("ingress"):
            transport = configuration["ingress"]["transport"].capitalize()
            host = {"fqdn": f"127.0.0.1:{record.hidden['port']}", "transport": transport}
            configuration["ingress"] = {**configuration["ingress"], **host}
        newest, ready = revisions.latest(record), revisions.latest_ready(record)
        return {
            **shown,
            "managedEnvironmentId": shown["environmentId"],
            "configuration": configuration,
            "runningStatus": "Running",
            "latestRevisionName": newest.name if newest else "",
            "latestReadyRevisionName": ready.name if ready else "",
            "latestRevisionFqdn": f"{newest.name}.{suffix}" if newest else "",
            "outboundIpAddresses": ["127.0.0.1"],
        }

    def _free_port(self) -> int:
        taken = {app.hidden["port"] for app in self.cloud.store.of_kind(self.full)}
        free = [port for port in self.cloud.config.service_ports if port not in taken]
        if not free:
            message = f"The rehearsal has ports for {len(taken)} apps: delete some."
            raise ArmError(409, "QuotaExceeded", message)
        return free[0]
