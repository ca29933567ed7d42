"""How the GCP stand-in is started and reached."""

from __future__ import annotations

import secrets
import sys
from dataclasses import asdict
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ..component import Component, environ
from ..credentials import Credentials
from ..settings import Settings
from ..state import State
from .config import Config

PORT, SERVICE_PORT = "REHEARSAL_GCP_PORT", "REHEARSAL_GCP_SERVICE_PORT"
PROJECT = "rehearsal"
KEY_FILE = "gcp/service-account-key.json"


def make_credentials() -> dict[str, Any]:
    """The private key of the service account that deploys, and its id."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return {"private_key_id": secrets.token_hex(20), "private_key": pem}


def listeners(settings: Settings) -> dict[int, str]:
    return {settings.ports[PORT]: PORT, **dict.fromkeys(settings.range(SERVICE_PORT), SERVICE_PORT)}


def component(settings: Settings, credentials: Credentials, gateway: str, state: State) -> Component:
    port = settings.ports[PORT]
    config = Config(
        instance=credentials.instance,
        state=str(state.root / "gcp"),
        hosts=["127.0.0.1", gateway],
        gateway=gateway,
        port=port,
        service_ports=list(settings.range(SERVICE_PORT)),
        minute=settings.minute,
        project=PROJECT,
        key=_key(settings, credentials),
    )
    return Component(
        name="gcp",
        title="GCP",
        command=[sys.executable, "-m", "rehearsal.gcp.launcher", str(state.configuration("gcp"))],
        listeners=listeners(settings),
        admin_url=f"http://127.0.0.1:{port}/_admin",
        environ=environ(),
        configuration=asdict(config),
    )


def endpoints(settings: Settings, credentials: Credentials, gateway: str, state: State) -> dict[str, Any]:
    port = settings.ports[PORT]
    (state.root / KEY_FILE).parent.mkdir(mode=0o700, exist_ok=True)
    connection = {
        "endpoint_url": f"http://127.0.0.1:{port}",
        "project": PROJECT,
        "credentials_file": str(state.write(KEY_FILE, _key(settings, credentials))),
    }
    return {
        **connection,
        "connection": connection,
        "endpoint_url_for_containers": f"http://{gateway}:{port}",
        "registry_host": f"127.0.0.1:{port}",
        "admin_url": f"http://127.0.0.1:{port}/_admin",
    }


def _key(settings: Settings, credentials: Credentials) -> dict[str, Any]:
    """As Google hands out a service account's key, but for where tokens are had."""
    return {
        "type": "service_account",
        "project_id": PROJECT,
        "client_email": f"deployer@{PROJECT}.iam.gserviceaccount.com",
        "client_id": str(int(credentials.instance or "0", 16)),
        "token_uri": f"http://127.0.0.1:{settings.ports[PORT]}/token",
        "universe_domain": "googleapis.com",
        **credentials.clouds["gcp"],
    }
