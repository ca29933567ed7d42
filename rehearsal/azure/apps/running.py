"""Apps on the runner: where they answer, what their containers are told, and which revision gets what."""

from __future__ import annotations

import re
import secrets
import ssl
from collections.abc import Iterable

from ...core.containers import Engine
from ...core.proxy import Head, Headers
from ...core.runner import Container, Ingress, Phase, Revision, Runner, Status
from ..arm.store import Record
from ..cloud import Cloud
from ..kinds.environments import domain
from ..logs import Line
from . import revisions, template
from .access import Access, provisioning_error
from .revisions import AppRevision

APPS = "Microsoft.App/containerApps"
_CA = "/etc/ssl/rehearsal-ca.pem"
_WAIT_SECONDS = 1200.0  # what Azure gives a revision before its operation expires
_OVERWRITTEN = (b"x-forwarded-for", b"x-forwarded-proto")


class Running:
    def __init__(self, cloud: Cloud, access: Access, ca_file: str) -> None:
        config = cloud.config
        self.cloud = cloud
        self._access = access
        self._files = {_CA: ca_file}
        self._runner = Runner(Engine(), config.labels, minute=config.minute)
        self._runner.subscribe(self._changed)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(config.certificate, config.key)
        loopback = rf"https://(127\.0\.0\.1|localhost):({'|'.join(map(str, config.vault_ports))})\b"
        self._vaults = re.compile(loopback)

    def open(self, app: Record) -> None:
        """Answer at the app's port."""
        ingress = Ingress(app.hidden["port"], _forward, self._tls, idle=template.REQUEST_SECONDS)
        self._runner.open(service(app), ingress)

    def start(self, app: Record, revision: AppRevision) -> None:
        """Run it, with the secrets as they are now. Raise ArmError when image or secrets cannot be had."""
        values = self._access.secrets(app.name, app.body)
        image, login = self._access.image(app.name, {**app.body, "properties": self._with(app, revision)})
        given, port = revision.template, revisions.ingress(app).get("targetPort") or 80
        container = given["containers"][0]
        environ = {each["name"]: self._value(each, values) for each in container.get("env") or []}
        self._runner.start(
            service(app),
            Revision(
                name=revision.name,
                container=Container(
                    image=image,
                    environ={**environ, **self._own_variables(app, revision, port)},
                    port=port,
                    cpus=template.cpus(given),
                    memory=template.memory_bytes(given),
                    command=container.get("command") or None,
                    args=container.get("args") or None,
                    login=login,
                    files=self._files,
                ),
                scale=template.scale(given),
                startup=template.probe(given, "Startup", port),
                liveness=template.probe(given, "Liveness", port),
                readiness=template.probe(given, "Readiness", port),
                request_timeout=template.REQUEST_SECONDS,
                finish_patience=0,  # SIGTERM comes at about the time when no more requests do
                stop_patience=template.patience(given),
            ),
        )

    def wait(self, app: Record, revision: AppRevision) -> None:
        """Until it is ready. Raise ArmError when it is not to be."""
        status = self._runner.wait(service(app), revision.name, _WAIT_SECONDS)
        self.settle(app)
        if status.phase is Phase.STARTING:
            raise provisioning_error(app.name, "Operation expired")
        if status.phase is Phase.FAILED:
            raise provisioning_error(app.name, status.reason)

    def status(self, app: Record, revision: AppRevision) -> Status:
        return self._runner.status(service(app), revision.name)

    def stop(self, app: Record, revision: AppRevision) -> None:
        self._runner.stop(service(app), revision.name)

    def settle(self, app: Record) -> None:
        """Route by what is ready; in single mode the others go as soon as the latest is."""
        with self.cloud.store.lock:
            for revision in revisions.revisions(app):
                revision.ready |= revision.active and self.status(app, revision).phase is Phase.READY
            known = {each.name for each in revisions.revisions(app) if self._runs(app, each)}
            shares = [share for share in revisions.shares(app) if share.revision in known]
            whole = sum(share.percent for share in shares) == 100
            tags = {label: name for label, name in revisions.labels(app).items() if name in known}
            self._runner.route(service(app), shares if whole else [], tags)
            newest = revisions.latest_ready(app)
            if revisions.is_single(app) and newest and newest is revisions.latest(app):
                for revision in revisions.revisions(app)[:-1]:
                    revision.active = False
                    self.stop(app, revision)

    def close(self, app: Record) -> None:
        self._runner.close(service(app))

    def shutdown(self) -> None:
        self._runner.shutdown()

    def lines(self, customer: str) -> Iterable[Line]:
        """What the apps wrote whose environment logs to the workspace with this customer id."""
        for app in self.cloud.store.of_kind(APPS):
            environment = self.cloud.store.get(app.properties["environmentId"])
            logs = (environment.properties.get("appLogsConfiguration") or {}) if environment else {}
            if (logs.get("logAnalyticsConfiguration") or {}).get("customerId") != customer.lower():
                continue
            name = app.properties["template"]["containers"][0]["name"]
            for entry in self._runner.logs(service(app)):
                yield Line(entry.time, app.name, entry.revision, entry.instance, name, entry.line)

    def _changed(self, name: str) -> None:
        for app in self.cloud.store.of_kind(APPS):
            if service(app) == name and name in self._runner.services():
                self.settle(app)

    def _runs(self, app: Record, revision: AppRevision) -> bool:
        return self.status(app, revision).phase is not Phase.GONE

    def _with(self, app: Record, revision: AppRevision) -> dict[str, object]:
        return {**app.properties, "template": revision.template}

    def _value(self, variable: dict[str, str], values: dict[str, str]) -> str:
        """A vault's address on this machine becomes the one by which containers reach it."""
        if variable.get("secretRef"):
            return values[variable["secretRef"]]
        return self._vaults.sub(rf"https://{self.cloud.config.gateway}:\2", variable.get("value") or "")

    def _own_variables(self, app: Record, revision: AppRevision, port: int) -> dict[str, str]:
        suffix = domain(self.cloud, app.properties["environmentId"])
        config = self.cloud.config
        return {
            "CONTAINER_APP_NAME": app.name,
            "CONTAINER_APP_REVISION": revision.name,
            "CONTAINER_APP_HOSTNAME": f"{revision.name}.{suffix}",
            "CONTAINER_APP_ENV_DNS_SUFFIX": suffix,
            "CONTAINER_APP_PORT": str(port),
            "IDENTITY_ENDPOINT": f"http://{config.gateway}:{config.identity_port}/msi/token",
            "IDENTITY_HEADER": app.hidden["identity_header"],
            "REQUESTS_CA_BUNDLE": _CA,
        }


def service(app: Record) -> str:
    """Its name on the runner."""
    return f"{app.group}.{app.name}"


def identity_header() -> str:
    return secrets.token_hex(16)


def _forward(head: Head, headers: Headers) -> Headers:
    """Container Apps tells the client's address itself, whatever the client claims."""
    kept = [(name, value) for name, value in headers if name.lower() not in _OVERWRITTEN]
    return [*kept, (b"x-forwarded-for", head.client.encode()), (b"x-forwarded-proto", b"https")]
