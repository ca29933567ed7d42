"""The processes of the rehearsal. A cloud is a package whose ``component`` module is a Cloud."""

from __future__ import annotations

from typing import Any, Protocol

from .aws import component as aws
from .azure import component as azure
from .component import Component
from .credentials import Credentials
from .gcp import component as gcp
from .provider import component as provider
from .settings import Settings
from .state import State


class Cloud(Protocol):
    """The functions of a cloud's ``component`` module."""

    def make_credentials(self) -> dict[str, Any]:
        """Generated once, at ``up``; JSON."""

    def listeners(self, settings: Settings) -> dict[int, str]:
        """Its ports and the variables that move them."""

    def component(
        self, settings: Settings, credentials: Credentials, gateway: str, state: State
    ) -> Component: ...

    def endpoints(
        self, settings: Settings, credentials: Credentials, gateway: str, state: State
    ) -> dict[str, Any]:
        """Its part of endpoints.json; writes the files that it names below ``state.root / <cloud>``.

        ``connection`` in it is what a target's connection needs beside cloud and region.
        """


CLOUDS: dict[str, Cloud] = {"aws": aws, "gcp": gcp, "azure": azure}
NAMES = ("provider", *CLOUDS)


def make(settings: Settings, credentials: Credentials, gateway: str, state: State) -> list[Component]:
    """In the order in which they start."""
    return [
        provider.component(settings, credentials, gateway),
        *(cloud.component(settings, credentials, gateway, state) for cloud in CLOUDS.values()),
    ]


def listeners(settings: Settings) -> dict[str, dict[int, str]]:
    """The ports of every component, whether there are credentials yet or not."""
    return {
        "provider": provider.listeners(settings),
        **{name: cloud.listeners(settings) for name, cloud in CLOUDS.items()},
    }


def endpoints(settings: Settings, credentials: Credentials, gateway: str, state: State) -> dict[str, Any]:
    """The content of endpoints.json, the only file that the inventory reads."""
    return {
        **{name: cloud.endpoints(settings, credentials, gateway, state) for name, cloud in CLOUDS.items()},
        "provider": provider.endpoints(settings, credentials, gateway),
    }
