"""What is below an app: its revisions, what can be done to them, and their replicas."""

from __future__ import annotations

from collections.abc import Callable

from ...core.asgi import Request, Response
from ..arm.errors import ArmError, answer
from ..arm.store import Record
from ..kinds.environments import domain
from . import revisions
from .revisions import AppRevision
from .running import Running


class Below:
    def __init__(self, running: Running) -> None:
        self._running = running
        self._actions: dict[str, Callable[[Record, AppRevision], None]] = {
            "activate": self._activate,
            "deactivate": self._deactivate,
            "restart": self._restart,
        }

    def answer(self, app: Record, steps: tuple[str, ...], request: Request) -> Response | None:
        """``steps`` follow the app's name; None for what there is not."""
        kind, *rest = steps
        if kind.casefold() != "revisions":
            return None
        if not rest:
            return answer({"value": [self._shown(app, each) for each in revisions.revisions(app)]})
        revision = next((each for each in revisions.revisions(app) if each.name == rest[0]), None)
        if revision is None:
            message = f"Revision '{rest[0]}' of container app '{app.name}' does not exist."
            raise ArmError(404, "RevisionNotFound", message)
        if len(rest) == 1:
            return answer(self._shown(app, revision)) if request.method == "GET" else None
        if rest[1].casefold() == "replicas":
            return answer({"value": self._replicas(app, revision)})
        action = self._actions.get(rest[1].casefold())
        if action is None or request.method != "POST":
            return None
        action(app, revision)
        return answer(None, 200)

    def _activate(self, app: Record, revision: AppRevision) -> None:
        if not revision.active:
            revision.active = True
            self._running.start(app, revision)
            self._running.settle(app)

    def _deactivate(self, app: Record, revision: AppRevision) -> None:
        if revisions.weights(app).get(revision.name):
            message = f"Revision '{revision.name}' receives traffic and cannot be deactivated."
            raise ArmError(400, "RevisionWithTrafficCannotBeDeactivated", message)
        revision.active = False
        self._running.stop(app, revision)

    def _restart(self, app: Record, revision: AppRevision) -> None:
        self._running.stop(app, revision)
        self._running.start(app, revision)
        self._running.settle(app)

    def _shown(self, app: Record, revision: AppRevision) -> dict[str, object]:
        suffix = domain(self._running.cloud, app.properties["environmentId"])
        return revisions.shown(app, revision, self._running.status(app, revision), suffix)

    def _replicas(self, app: Record, revision: AppRevision) -> list[dict[str, object]]:
        """As many as are ready; the runner does not tell them apart."""
        container = revision.template["containers"][0]["name"]
        state = {"name": container, "ready": True, "started": True, "runningState": "Running"}
        return [
            {
                "id": f"{app.id}/revisions/{revision.name}/replicas/{revision.name}-{number}",
                "name": f"{revision.name}-{number}",
                "type": "Microsoft.App/containerapps/revisions/replicas",
                "properties": {
                    "createdTime": revision.created,
                    "runningState": "Running",
                    "containers": [state],
                },
            }
            for number in range(self._running.status(app, revision).instances)
        ]
