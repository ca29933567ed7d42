"""What the end-to-end tests must know about a cloud, so that they are written once."""

from __future__ import annotations

import ssl
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.rehearsal import Rehearsal


@dataclass(frozen=True)
class OneChange:
    """A changed input, the tasks that change for it, and how many new versions of the service it makes."""

    name: str
    variables: dict[str, Any]
    tasks: list[str]
    versions: int


@dataclass(frozen=True)
class Words:
    """Names of tasks and what this cloud calls things.

    ``stages`` are tasks at which a run may be killed. ``unhealthy`` and ``refused`` are found in the error of
    a version that does not become healthy, and of an operation that fails.
    """

    service: str
    stages: Sequence[str]
    unhealthy: str
    refused: str


@dataclass(frozen=True)
class FailingOperation:
    """The arguments of ``rehearsal fault set`` that make the change of a service fail."""

    action: str
    resource: str = "*"


class Cloud(ABC):
    """``deployment`` is its name; everything is read through the vendor's own client, not through ours."""

    name: str
    target: str  # the host in the rehearsal's inventory
    words: Words
    changes: Sequence[OneChange]
    failing_operation: FailingOperation
    # Calls that count as mutating and change no resource, such as a change set that is described and deleted.
    check_mode_calls: frozenset[str]
    # What vouches for the service's certificate: an SSL context, or True for the usual authorities.
    trust: ssl.SSLContext | bool

    @abstractmethod
    def __init__(self, rehearsal: Rehearsal) -> None: ...

    @abstractmethod
    def url(self, deployment: str) -> str: ...

    @abstractmethod
    def everything(self) -> set[str]:
        """Names of all that a deployment makes, whoever made it."""

    @abstractmethod
    def plant(self) -> set[str]:
        """Make things that are somebody else's; their names as ``everything`` has them."""

    @abstractmethod
    def versions(self, deployment: str) -> int:
        """How many versions of the service were ever made."""

    def traffic(self, deployment: str) -> dict[str, int]:
        """Version of the service -> percent of the requests that it gets, where a cloud splits them so."""
        raise NotImplementedError

    def pin_traffic(self, deployment: str, version: str) -> None:
        """Send all requests to an old version of the service, as somebody does who rolls back by hand."""
        raise NotImplementedError

    @abstractmethod
    def stored_key(self, deployment: str) -> str: ...

    @abstractmethod
    def store_key(self, deployment: str, key: str) -> None:
        """Put another key into the store, as somebody does who rotates keys by hand."""

    @abstractmethod
    def put_secret(self, deployment: str, name: str, value: str) -> None:
        """Another value of the secret ``name``, put by somebody who is not the playbook."""

    @abstractmethod
    def log_text(self, deployment: str) -> str: ...

    @abstractmethod
    def descriptions(self, deployment: str) -> str:
        """All that the control plane tells of the deployment, where a key must not be."""
