"""Which APIs a project may use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..core.changes import Change
from ..core.errors import CloudError
from ..core.waiting import Deadline, Progress
from .resource.operation import failure, is_done
from .session import Session

API = "serviceusage"
AT_ONCE = 20  # names that Google takes in one request
ENABLED = "ENABLED"


class Services:
    """The APIs of the target's project. Every call raises CloudError."""

    def __init__(self, options: Mapping[str, Any], deadline: Deadline, progress: Progress) -> None:
        self._session = Session(options)
        self._project = f"projects/{self._session.project}"
        self._shown = f"the APIs of {self._project}"
        self._deadline, self._progress = deadline, progress

    def enable(self, names: Sequence[str], *, check: bool) -> list[Change]:
        """Enable what is not enabled yet, in check mode only tell; nothing is ever disabled."""
        states = {name: state for some in _chunks(names) for name, state in self._states(some)}
        missing = [name for name in dict.fromkeys(names) if states.get(name) != ENABLED]
        if not check:
            for some in _chunks(missing):
                self._enable(some)
        return [Change(name, "state", states.get(name), ENABLED) for name in missing]

    def _states(self, names: Sequence[str]) -> Iterator[tuple[str, str]]:
        query = {"names": [f"{self._project}/services/{name}" for name in names]}
        path = f"v1/{self._project}/services:batchGet"
        for each in self._session.call("GET", API, path, "read", self._shown, query=query).get(
            "services", []
        ):
            yield each["name"].rpartition("/")[2], str(each.get("state"))

    def _enable(self, names: Sequence[str]) -> None:
        path = f"v1/{self._project}/services:batchEnable"
        operation = self._session.call(
            "POST", API, path, "enable", self._shown, body={"serviceIds": names}, repeatable=True
        )
        polls = self._deadline.polls()
        while not is_done(operation):
            waited = next(polls, None)
            if waited is None:
                raise CloudError(
                    f"Enabling {', '.join(names)} is in progress after {self._deadline.seconds:.0f} s",
                    next_step="It goes on without us: run again to wait on, or raise wait_timeout.",
                )
            self._progress.say(f"enabling {', '.join(names)}", waited)
            operation = self._session.call("GET", API, f"v1/{operation['name']}", "enable", self._shown)
        if error := failure(operation, "enable", self._shown):
            raise error


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(names), AT_ONCE):
        yield names[first : first + AT_ONCE]
