"""MiniStack as a library: which of it runs, and what our corrections rely on.

We serve its ASGI application ourselves and leave out its own start, which listens on every interface,
sweeps containers that carry no instance label and starts the schedulers of services that nothing here uses.
"""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from importlib.metadata import version
from typing import Any

VERSION = "1.5.33"
SERVICES = (
    "acm",
    "cloudformation",
    "ec2",
    "ecr",
    "ecs",
    "elasticloadbalancing",
    "iam",
    "logs",
    "monitoring",
    "route53",
    "secretsmanager",
    "ssm",
    "sts",
    "tagging",
)


class VersionError(Exception):
    """MiniStack is not the version that our corrections were written for."""


def load(port: int) -> Any:
    """Import MiniStack's application with only our services. Raise VersionError on another version."""
    found = version("ministack")
    if found != VERSION:
        raise VersionError(
            f"ministack is {found}, the corrections in rehearsal/aws are for {VERSION}: run make setup"
        )
    os.environ.update(
        GATEWAY_PORT=str(port),
        SERVICES=",".join(SERVICES),
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
        LOG_LEVEL=os.environ.get("REHEARSAL_LOG_LEVEL", "WARNING"),
    )
    return import_module("ministack.app")


def service(name: str) -> Any:
    """A service's module, ``ecs`` or ``cloudformation.stacks``."""
    return import_module(f"ministack.services.{name}")


def replace(module: Any, name: str, replacement: Any) -> Any:
    """Put ours in the place of a function of MiniStack and return its own.

    Raise VersionError if it has none.
    """
    original = getattr(module, name, None)
    if original is None:
        raise VersionError(
            f"{module.__name__} has no {name}: the correction that replaces it must be revised"
        )
    setattr(module, name, replacement)
    return original


def attach(app: Any, loop: asyncio.AbstractEventLoop) -> None:
    """What its start would do for us: the loop that worker threads call back into, and their pool."""
    replace_loop = "_MAIN_LOOP"
    if not hasattr(app, replace_loop):
        raise VersionError("ministack.app has no _MAIN_LOOP")
    setattr(app, replace_loop, loop)
    loop.set_default_executor(ThreadPoolExecutor(16, thread_name_prefix="ministack"))
