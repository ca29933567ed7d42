"""Cloud Run put together."""

from __future__ import annotations

from ...core.containers import Engine
from ...core.runner import Runner
from ..config import Config
from ..policies import Policies
from ..rpc import Handlers
from ..timing import Timing
from ..tokens import Tokens
from . import knative, plan
from .deployer import Deployer
from .ingress import Gate
from .logs import Logs
from .revisions import Revisions
from .services import Services
from .surroundings import Surroundings

DOCUMENT = "run.v2"


class CloudRun:
    def __init__(
        self,
        *,
        config: Config,
        engine: Engine,
        surroundings: Surroundings,
        policies: Policies,
        tokens: Tokens,
        timing: Timing,
    ) -> None:
        self._engine, self._labels = engine, config.labels
        runner = Runner(engine, config.labels, minute=config.minute)
        self._revisions = Revisions()
        self._deployer = Deployer(runner, surroundings, config.service_ports, self._revisions.get)
        self._services = Services(
            deployer=self._deployer,
            revisions=self._revisions,
            surroundings=surroundings,
            policies=policies,
            gate=Gate(policies, tokens),
            timing=timing,
        )
        self.logs = Logs(config.project, self._deployer.logs)

    @property
    def handlers(self) -> Handlers:
        return self._services.handlers | self._revisions.handlers(self._deployer, self._services.operations)

    @property
    def old_handlers(self) -> Handlers:
        """Of the API's first version."""
        return knative.handlers(self._services.all)

    def account(self, address: str) -> str | None:
        """What the container with this address runs as."""
        labels = self._engine.labels_at(address, self._labels)
        record = self._revisions.get(labels.get(plan.REVISION_LABEL, "")) if labels else None
        return record["serviceAccount"] if record else None

    def clear(self) -> None:
        self._services.clear()
        self._revisions.clear()
        self._deployer.clear()
