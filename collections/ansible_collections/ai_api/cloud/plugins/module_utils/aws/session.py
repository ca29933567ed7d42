"""botocore clients made from the CONNECTION options, cheap enough for a task that finds nothing to do.

Ansible forks a worker for every task, so nothing that a task loads survives it. What is loaded when the
action's module is imported does: the strategy imports it in the parent. ``preload`` therefore reads the
service models there, and a client then costs 2 ms instead of 50 (docs/decisions/0001-action-plugins.md).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import botocore.session
from botocore import UNSIGNED
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError

from ..core.errors import CloudError
from .errors import explained

REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d+")
UNREACHABLE_ATTEMPTS = 3  # an endpoint that refuses the connection is not throttling: say so soon

_SESSION = botocore.session.get_session()


class Connection(NamedTuple):
    """The CONNECTION options that decide which client it is."""

    region: str | None
    profile: str | None
    endpoint_url: str | None
    access_key_id: str | None
    secret_access_key: str | None
    session_token: str | None
    max_attempts: int | None


def client(service: str, options: Mapping[str, Any]) -> BaseClient:
    """The client of ``service`` for the CONNECTION ``options``, one a process.

    Unset options are left to botocore's own search (environment, profile, instance identity). Throttling and
    passing faults are retried with jitter, ``max_attempts`` times in all. Raises CloudError.
    """
    connection = Connection(*map(options.get, Connection._fields))
    if connection.region and not REGION.fullmatch(connection.region):
        raise CloudError(
            f"{connection.region!r} is not the name of an AWS region",
            next_step="Expected a name such as us-east-1: correct the target's region in the inventory.",
        )
    with explained("connect to", f"AWS {service}"):
        return _client(service, connection)


def preload(*services: str) -> None:
    """Read the models of ``services`` now, so that forked workers inherit them."""
    for service in services:
        _SESSION.create_client(service, "us-east-1", config=Config(signature_version=UNSIGNED))


@lru_cache
def _client(service: str, connection: Connection) -> BaseClient:
    session = _with_profile(connection.profile) if connection.profile else _SESSION
    made: BaseClient = session.create_client(
        service,
        region_name=connection.region,
        endpoint_url=connection.endpoint_url,
        aws_access_key_id=connection.access_key_id,
        aws_secret_access_key=connection.secret_access_key,
        aws_session_token=connection.session_token,
        config=Config(
            user_agent_extra="ai-api",
            connect_timeout=5,
            read_timeout=60,
            retries={"mode": "standard", "total_max_attempts": connection.max_attempts or 8},
        ),
    )
    service_id = made.meta.service_model.service_id.hyphenize()
    made.meta.events.register_first(f"needs-retry.{service_id}", _give_up_if_unreachable)
    return made


def _with_profile(profile: str) -> botocore.session.Session:
    session = botocore.session.Session(profile=profile)
    session.register_component("data_loader", _SESSION.get_component("data_loader"))
    return session


def _give_up_if_unreachable(caught_exception: Exception | None, attempts: int, **_: object) -> None:
    unreachable = isinstance(caught_exception, EndpointConnectionError | ConnectTimeoutError)
    if caught_exception and unreachable and attempts >= UNREACHABLE_ATTEMPTS:
        raise caught_exception
