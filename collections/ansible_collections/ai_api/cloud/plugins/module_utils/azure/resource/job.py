"""What every step of one task on one resource shares, and waiting for what Azure is doing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from ...core.errors import CloudError
from ...core.patience import patiently
from ...core.rest import retry_after
from ...core.waiting import Deadline, Progress
from ..errors import ApiError, of_content
from ..session import Session
from .operation import Verdict, begun_by, content_of, judge, state_of, verdict_of
from .types import shown

T = TypeVar("T")


@dataclass
class Job:
    session: Session
    id: str
    version: str
    deadline: Deadline
    progress: Progress
    check: bool = False

    @classmethod
    def of(
        cls, options: Mapping[str, Any], path: str, version: str, show: Callable[[str], None], *, check: bool
    ) -> Job:
        """``options`` are CONNECTION and WAITING, ``path`` is an id or what follows the subscription."""
        session = Session(options)
        deadline = Deadline(options["wait_timeout"], options["poll_interval"])
        return cls(session, session.full_id(path), version, deadline, Progress(show), check)

    @property
    def shown(self) -> str:
        return shown(self.id)

    def read(self) -> dict[str, Any] | None:
        answer = self.session.find(self.id, self.version, self.shown)
        return content_of(answer) if answer else None

    def send(
        self,
        method: str,
        action: str,
        body: Mapping[str, Any] | None = None,
        *,
        path: str = "",
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Do ``method`` on the resource, or on what is at ``path`` below it, and wait for its end.

        Returns the last content that Azure gave. Raises CloudError.
        """
        answer = self.session.arm(
            method,
            f"{self.id}{path}",
            action,
            self.shown,
            version=self.version,
            body=body,
            query=query,
        )
        return self._ended(answer, action)

    def patiently(self, attempt: Callable[[], T]) -> T:
        return patiently(attempt, self.shown, self.session.options, self.deadline, self.progress)

    def settled(self) -> dict[str, Any] | None:
        """The resource when nobody works on it; None when there is none."""
        state = "InProgress"
        for waited in self.deadline.polls():
            found = self.read()
            if found is None or verdict_of(state := state_of(found)) is not Verdict.RUNNING:
                return found
            self.progress.say(f"{self.shown}: {state}", waited)
        raise self.timeout(state)

    def finished(self) -> dict[str, Any]:
        """The resource when Azure is done with it; CloudError when it could not do it."""
        found = self.settled()
        if found is None:
            raise CloudError(
                f"{self.shown} was accepted and is not there".capitalize(),
                next_step="Somebody deleted it meanwhile, or Azure is slow to show it: run again.",
            )
        if verdict_of(state_of(found)) is Verdict.FAILED:
            properties = found["properties"]
            why = (
                properties.get("provisioningError") or properties.get("deploymentErrors") or "no reason given"
            )
            raise CloudError(
                f"{self.shown} is {state_of(found)}: {why}".capitalize(),
                next_step="Correct what it names and run again: a failed resource is put anew.",
            )
        return found

    def timeout(self, state: str) -> CloudError:
        return CloudError(
            f"{self.shown} is {state} after {self.deadline.seconds:.0f} s".capitalize(),
            next_step="It goes on without us: run again to wait on, or raise wait_timeout.",
        )

    def _ended(self, answer: httpx.Response, action: str) -> dict[str, Any]:
        """Wait for the operation that ``answer`` tells of."""
        operation, content = begun_by(answer), content_of(answer)
        if operation is None:
            return content
        self.deadline.ask(retry_after(answer))
        polls = self.deadline.polls()
        next(polls)  # asked just now
        for waited in polls:
            try:
                now = self.session.arm("GET", operation.url, action, self.shown)
            except ApiError as error:
                if error.status == 404:  # Azure keeps it for a while only; the resource tells
                    return content
                raise
            content = content_of(now)
            verdict = judge(operation.kind, now)
            if verdict is Verdict.SUCCEEDED:
                return content
            if verdict is Verdict.FAILED:
                raise of_content(content, now, action, self.shown)
            self.progress.say(f"{self.shown}: {content.get('status') or 'InProgress'}", waited)
            self.deadline.ask(retry_after(now))
        raise self.timeout("in progress")
