"""The Azure stand-in as a process of its own, and what a task would do with it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker
import httpx
import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.azure.resource.absent import absent
from ansible_collections.ai_api.cloud.plugins.module_utils.azure.resource.job import Job
from ansible_collections.ai_api.cloud.plugins.module_utils.azure.resource.present import present
from ansible_collections.ai_api.cloud.plugins.module_utils.azure.resource.wanted import Wanted
from ansible_collections.ai_api.cloud.plugins.module_utils.azure.session import Session
from ansible_collections.ai_api.cloud.plugins.module_utils.core.outcome import Outcome
from ansible_collections.ai_api.cloud.plugins.module_utils.core.waiting import Deadline, Progress

from rehearsal import engine
from rehearsal.azure.component import component, endpoints, make_credentials
from rehearsal.azure.config import Config
from rehearsal.credentials import Credentials
from rehearsal.settings import RANGE, Settings
from rehearsal.state import State
from tests.support.ports import free_ports, free_range
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
    """As ``rehearsal up`` starts it, alone, with ports and a state of its own."""
    state = State(tmp_path_factory.mktemp("azure"))
    state.prepare()
    names = ("REHEARSAL_AZURE_PORT", "REHEARSAL_AZURE_IDENTITY_PORT")
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    first = free_range(2 * RANGE)
    ports |= {"REHEARSAL_AZURE_SERVICE_PORT": first, "REHEARSAL_AZURE_VAULT_PORT": first + RANGE}
    settings = Settings(state.root, ports, minute=1.0)
    credentials = Credentials.load_or_make(state, {"azure": make_credentials})
    gateway = engine.bridge_gateway(docker.from_env())
    endpoints(settings, credentials, gateway, state)
    made = component(settings, credentials, gateway, state)
    state.write("azure.json", dict(made.configuration))
    log = state.logs / "azure"
    with log.open("w") as file:
        process = subprocess.Popen(
            made.command, cwd=ROOT, env=made.environ, stdout=file, stderr=subprocess.STDOUT
        )
    try:
        wait_for(lambda: _healthy(made.health_url, process, log), "the Azure stand-in")
        yield Config(**made.configuration)
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


def _healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> bool:
    assert process.poll() is None, log.read_text()
    try:
        return httpx.get(url).is_success
    except httpx.TransportError:
        return False
