"""How the Azure stand-in is started and reached."""

from __future__ import annotations

import secrets
import sys
import uuid
from dataclasses import asdict
from pathlib import Path
from typing import Any

import trustme

from ..component import Component, environ
from ..credentials import Credentials
from ..settings import Settings
from ..state import State
from .config import Config

PORT, IDENTITY_PORT = "REHEARSAL_AZURE_PORT", "REHEARSAL_AZURE_IDENTITY_PORT"
SERVICE_PORT, VAULT_PORT = "REHEARSAL_AZURE_SERVICE_PORT", "REHEARSAL_AZURE_VAULT_PORT"
CA, CERTIFICATE, KEY = "ca.pem", "certificate.pem", "key.pem"


def make_credentials() -> dict[str, Any]:
    """A subscription, a tenant, and the service principal that deploys."""
    return {
        "subscription_id": str(uuid.uuid4()),
        "tenant_id": str(uuid.uuid4()),
        "client_id": str(uuid.uuid4()),
        "client_secret": secrets.token_urlsafe(30),
    }


def listeners(settings: Settings) -> dict[int, str]:
    return {
        **{settings.ports[variable]: variable for variable in (PORT, IDENTITY_PORT)},
        **{port: variable for variable in (SERVICE_PORT, VAULT_PORT) for port in settings.range(variable)},
    }


def component(settings: Settings, credentials: Credentials, gateway: str, state: State) -> Component:
    folder, admin_port = state.root / "azure", settings.ports[IDENTITY_PORT]
    config = Config(
        instance=credentials.instance,
        state=str(folder),
        hosts=["127.0.0.1", gateway],
        gateway=gateway,
        port=settings.ports[PORT],
        identity_port=admin_port,
        service_ports=list(settings.range(SERVICE_PORT)),
        vault_ports=list(settings.range(VAULT_PORT)),
        minute=settings.minute,
        certificate=str(folder / CERTIFICATE),
        key=str(folder / KEY),
        ca_file=str(folder / CA),
        **credentials.clouds["azure"],
    )
    return Component(
        name="azure",
        title="Azure",
        command=[sys.executable, "-m", "rehearsal.azure.launcher", str(state.configuration("azure"))],
        listeners=listeners(settings),
        admin_url=f"http://127.0.0.1:{admin_port}/_admin",
        environ=environ(),
        configuration=asdict(config),
    )


def endpoints(settings: Settings, credentials: Credentials, gateway: str, state: State) -> dict[str, Any]:
    port = settings.ports[PORT]
    _issue_certificate(state.root / "azure", gateway)
    connection = {
        "endpoint_url": f"https://127.0.0.1:{port}",
        **credentials.clouds["azure"],
        "ca_file": str(state.root / "azure" / CA),
    }
    return {
        **connection,
        "connection": connection,
        "registry_host": f"127.0.0.1:{port}",
        "admin_url": f"http://127.0.0.1:{settings.ports[IDENTITY_PORT]}/_admin",
    }


def _issue_certificate(folder: Path, gateway: str) -> None:
    """A private CA and a certificate of its for this machine, unless there is one for this gateway."""
    issued_for = folder / f"for-{gateway}"
    if issued_for.exists():
        return
    folder.mkdir(mode=0o700, exist_ok=True)
    ca = trustme.CA(organization_name="AI API rehearsal")
    issued = ca.issue_cert("127.0.0.1", "localhost", gateway)
    (folder / KEY).touch(mode=0o600)
    issued.private_key_pem.write_to_path(folder / KEY)
    issued.cert_chain_pems[0].write_to_path(folder / CERTIFICATE)
    ca.cert_pem.write_to_path(folder / CA)
    issued_for.touch()
