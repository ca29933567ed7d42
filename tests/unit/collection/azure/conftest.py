"""The Azure stand-in as a process of its own, and what a task would do with it."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from ansible_collections.ai_api.cloud.plugins.module_utils.azure.resource.absent import absent
from ansible_collections.ai_api.cloud.plugins.module_utils.azure.resource.job import Job
from ansible_collections.ai_api.cloud.plugins.module_utils.azure.resource.present import present
from ansible_collections.ai_api.cloud.plugins.module_utils.azure.resource.wanted import Wanted
from ansible_collections.ai_api.cloud.plugins.module_utils.azure.session import Session
from ansible_collections.ai_api.cloud.plugins.module_utils.core.outcome import Outcome
from ansible_collections.ai_api.cloud.plugins.module_utils.core.waiting import Deadline, Progress

from rehearsal.azure.config import Config
from tests.support.ports import free_ports
from tests.support.waiting import wait_for

ROOT = Path(__file__).parents[4]
TAGS = {"managed-by": "ai-api", "deployment": "test"}
OTHERS = {"managed-by": "somebody", "deployment": "else"}
REGION = "westeurope"
GROUP, GROUPS = "resourceGroups/test", "2025-04-01"
VAULT, VAULTS = f"{GROUP}/providers/Microsoft.KeyVault/vaults/test-vault", "2026-05-15"
WORKSPACE = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/test"
WORKSPACES = "2025-07-01"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/test"
IDENTITIES = "2024-11-30"
SECRETS_OFFICER = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    folder = tmp_path_factory.mktemp("azure")
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    issued.cert_chain_pems[0].write_to_path(folder / "certificate.pem")
    port, identity_port, *others = free_ports(14)
    config = Config(
        instance=f"test-{secrets.token_hex(4)}",
        state=str(folder),
        hosts=["127.0.0.1"],
        gateway="127.0.0.1",
        port=port,
        identity_port=identity_port,
        service_ports=others[:4],
        vault_ports=others[4:],
        minute=1.0,
        certificate=str(folder / "certificate.pem"),
        key=str(folder / "key.pem"),
        subscription_id=str(uuid.uuid4()),
        tenant_id=str(uuid.uuid4()),
        client_id=str(uuid.uuid4()),
        client_secret=secrets.token_urlsafe(30),
    )
    (folder / "config.json").write_text(json.dumps(asdict(config)))
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "rehearsal.azure.launcher", folder / "config.json"],
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(lambda: _healthy(identity_port, process, folder), "the Azure stand-in")
        yield config
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def azure(stand_in: Config) -> Azure:
    """An empty subscription."""
    made = Azure(stand_in)
    made.admin("POST", "reset")
    return made


@dataclass
class Azure:
    """``shown`` are the lines of progress of all runs."""

    config: Config
    shown: list[str] = field(default_factory=list)

    @property
    def connection(self) -> dict[str, Any]:
        """CONNECTION options."""
        names = ("subscription_id", "tenant_id", "client_id", "client_secret")
        return {
            "cloud": "azure",
            "region": REGION,
            "endpoint_url": f"https://127.0.0.1:{self.config.port}",
            "ca_file": str(Path(self.config.state) / "ca.pem"),
            "max_attempts": 4,
            "propagation_timeout": 30,
            **{name: getattr(self.config, name) for name in names},
        }

    @property
    def session(self) -> Session:
        return Session(self.connection)

    @property
    def progress(self) -> Progress:
        return Progress(self.shown.append)

    def job(
        self, path: str, version: str, *, check: bool = False, seconds: float = 30, **options: Any
    ) -> Job:
        session = Session({**self.connection, **options})
        return Job(
            session, session.full_id(path), version, Deadline(seconds, 0.02), self.progress, check=check
        )

    def apply(
        self,
        path: str,
        version: str,
        body: Mapping[str, Any] | None = None,
        *,
        tags: Mapping[str, str] | None = TAGS,
        patch: bool = False,
        on_deleted: str = "recover",
        job: Job | None = None,
        **options: Any,
    ) -> Outcome:
        """As azure_resource does."""
        job = job or self.job(path, version, **options)
        self.forget_calls()
        return present(job, Wanted(job.id, {"location": REGION, **(body or {})}, tags, patch, on_deleted))

    def remove(
        self,
        path: str,
        version: str,
        *,
        tags: Mapping[str, str] | None = TAGS,
        on_deleted: str = "recover",
        **job: Any,
    ) -> Outcome:
        return absent(self.job(path, version, **job), tags, on_deleted)

    def group(self) -> None:
        self.apply(GROUP, GROUPS)

    def vault_body(self, **properties: Any) -> dict[str, Any]:
        return {
            "properties": {
                "tenantId": self.config.tenant_id,
                "sku": {"family": "A", "name": "standard"},
                "enableRbacAuthorization": True,
                "softDeleteRetentionInDays": 7,
                **properties,
            }
        }

    def live(self, path: str, version: str) -> dict[str, Any] | None:
        return self.job(path, version).read()

    def begin(self, method: str, path: str, version: str, body: Any = None) -> None:
        """What another run does, without waiting for its end."""
        session = self.session
        session.arm(method, session.full_id(path), "change", path, version=version, body=body)

    def by_hand(self, method: str, path: str, version: str, body: Any = None) -> None:
        """What somebody does in the portal."""
        self.job(path, version).send(method, "change", body)

    @property
    def changes(self) -> list[str]:
        """The mutating calls since ``forget_calls``, but for logins."""
        return [
            f"{call['service']} {call['action']}"
            for call in self.admin("GET", "calls")
            if call["mutating"] and "token" not in call["action"].lower()
        ]

    def forget_calls(self) -> None:
        self.admin("DELETE", "calls")

    def fault(self, kind: str, **settings: Any) -> None:
        self.admin("POST", "faults", {"kind": kind, **settings})

    def admin(self, method: str, name: str, content: Any = None) -> Any:
        url = f"http://127.0.0.1:{self.config.identity_port}/_admin/{name}"
        return httpx.request(method, url, json=content).raise_for_status().json()


def _healthy(port: int, process: subprocess.Popen[bytes], folder: Path) -> bool:
    assert process.poll() is None, (folder / "log").read_text()
    try:
        return httpx.get(f"http://127.0.0.1:{port}/_admin/health").is_success
    except httpx.TransportError:
        return False
