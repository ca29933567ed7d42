"""The GCP stand-in as a process of its own, and what a task would do with it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.core.changes import Change
from ansible_collections.ai_api.cloud.plugins.module_utils.core.outcome import Outcome
from ansible_collections.ai_api.cloud.plugins.module_utils.core.waiting import Progress
from ansible_collections.ai_api.cloud.plugins.module_utils.gcp.resource import bindings
from ansible_collections.ai_api.cloud.plugins.module_utils.gcp.resource.absent import absent
from ansible_collections.ai_api.cloud.plugins.module_utils.gcp.resource.job import Job
from ansible_collections.ai_api.cloud.plugins.module_utils.gcp.resource.present import present
from ansible_collections.ai_api.cloud.plugins.module_utils.gcp.resource.wanted import Wanted
from ansible_collections.ai_api.cloud.plugins.module_utils.gcp.session import Session

from tests.unit.rehearsal.gcp.harness import LOCATION, PROJECT, REGION, Harness

TAGS = {"managed-by": "ai-api", "deployment": "test"}
OTHERS = {"managed-by": "somebody", "deployment": "else"}
SECRET = ("secretmanager.v1", f"{PROJECT}/secrets", "test-key")
ACCOUNT = ("iam.v1", f"{PROJECT}/serviceAccounts", "test-run")
REPOSITORY = ("artifactregistry.v1", f"{LOCATION}/repositories", "test")
SERVICE = ("run.v2", f"{LOCATION}/services", "test")
AUTOMATIC: dict[str, Any] = {"replication": {"automatic": {}}}
DOCKER = {"format": "DOCKER", "mode": "STANDARD_REPOSITORY"}
Where = tuple[str, str, str]


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    harness = Harness(tmp_path_factory.mktemp("gcp"), uuid.uuid4().hex[:16])
    yield harness
    harness.stop()


@pytest.fixture
def project(stand_in: Harness) -> Gcp:
    """A project in which nothing is enabled yet."""
    stand_in.admin("POST", "reset")
    return Gcp(stand_in)


@pytest.fixture
def gcp(project: Gcp) -> Gcp:
    """A project with the APIs enabled that a deployment needs."""
    project.cloud.enable()
    project.forget_calls()
    return project


@dataclass
class Gcp:
    """``shown`` are the lines of progress of all runs."""

    cloud: Harness
    shown: list[str] = field(default_factory=list)

    @property
    def connection(self) -> dict[str, Any]:
        """CONNECTION options."""
        return {
            "cloud": "gcp",
            "region": REGION,
            "project": self.cloud.endpoints["project"],
            "credentials_file": self.cloud.endpoints["credentials_file"],
            "endpoint_url": self.cloud.url,
            "max_attempts": 4,
            "propagation_timeout": 10,
        }

    @property
    def progress(self) -> Progress:
        return Progress(self.shown.append)

    def job(self, where: Where, *, check: bool = False, seconds: float = 30, **options: Any) -> Job:
        named = dict(zip(("api", "collection", "id"), where, strict=True))
        waiting = {"wait_timeout": seconds, "poll_interval": 0.02}
        return Job.of({**self.connection, **waiting, **named, **options}, self.shown.append, check=check)

    def apply(
        self,
        where: Where,
        body: Mapping[str, Any],
        *,
        labels: Mapping[str, str] | None = TAGS,
        shared_by: str | None = None,
        replace: bool = False,
        job: Job | None = None,
        **options: Any,
    ) -> Outcome:
        """As gcp_resource does."""
        job = job or self.job(where, **options)
        self.forget_calls()
        return present(job, Wanted(job.kind, body, labels, shared_by), replace=replace)

    def remove(
        self,
        where: Where,
        *,
        labels: Mapping[str, str] | None = TAGS,
        shared_by: str | None = None,
        **options: Any,
    ) -> Outcome:
        job = self.job(where, **options)
        self.forget_calls()
        return absent(job, labels, shared_by)

    def bind(self, where: Where, wanted: bindings.Bindings, **options: Any) -> list[Change]:
        job = self.job(where, **options)
        self.forget_calls()
        return bindings.apply(job, wanted)

    def live(self, where: Where) -> dict[str, Any] | None:
        return self.job(where).read()

    @property
    def calls(self) -> list[str]:
        """All calls since ``forget_calls``, sorted by name."""
        return [each for call in self.cloud.admin("GET", "calls") for each in [_name(call)] * call["count"]]

    @property
    def changes(self) -> list[str]:
        """The mutating ones."""
        called = self.cloud.admin("GET", "calls")
        return [each for call in called if call["mutating"] for each in [_name(call)] * call["count"]]

    def forget_calls(self) -> None:
        self.cloud.admin("DELETE", "calls")


def _name(call: Mapping[str, Any]) -> str:
    return f"{call['service']} {call['action']}"


def before(monkeypatch: pytest.MonkeyPatch, method: str, act: Any) -> None:
    """Let somebody ``act`` just before the next request with ``method``."""
    call, acts = Session.call, [act]

    def slower(self: Session, sent: str, *said: str, **content: Any) -> Mapping[str, Any]:
        if sent == method and acts:
            acts.pop()()
        return call(self, sent, *said, **content)

    monkeypatch.setattr(Session, "call", slower)
