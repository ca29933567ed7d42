"""From a task definition to the containers of a task: pure, but for the secrets it looks up."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ...core.containers import Spec
from ..config import Config

SECOND = 1_000_000_000  # health check durations are nanoseconds to the engine
Definition = dict[str, Any]


class SecretError(Exception):
    """A secret that the task needs cannot be read."""


def environment(
    container: Definition, overrides: Definition, secret: Callable[..., str | None]
) -> dict[str, str]:
    """Plain variables, secrets and the overrides of RunTask, in this order. Raise SecretError."""
    found = {pair["name"]: pair["value"] for pair in container.get("environment", [])}
    for entry in container.get("secrets", []):
        found[entry["name"]] = _secret(entry, secret)
    for pair in overrides.get("environment", []):
        found[pair["name"]] = pair["value"]
    return found


def _secret(entry: Definition, lookup: Callable[..., str | None]) -> str:
    """``arn[:json-key[:version-stage[:version-id]]]`` as ECS reads it; only Secrets Manager."""
    reference = entry["valueFrom"]
    parts = reference.split(":")
    key, stage, version = (*parts[7:], "", "", "")[:3]
    value = lookup(":".join(parts[:7]), stage or "AWSCURRENT", version or None)
    if value is not None and key:
        try:
            value = str(json.loads(value)[key])
        except (ValueError, KeyError, TypeError):
            value = None
    if value is None:
        raise SecretError(
            "ResourceInitializationError: unable to pull secrets or registry auth: "
            f"unable to retrieve secret {reference} for {entry['name']}"
        )
    return value


def platform_environment(config: Config, region: str, *, with_role: bool) -> dict[str, str]:
    """What Fargate itself puts into every container.

    The real one hands out the task role's credentials at a link-local address that SDKs accept no
    substitute for, so here they are in the environment; without a role there are none.
    """
    found = {
        "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ENDPOINT_URL": f"http://{config.gateway}:{config.port}",
    }
    if with_role:
        found["AWS_ACCESS_KEY_ID"], found["AWS_SECRET_ACCESS_KEY"] = config.task_key
    return found


def spec(
    definition: Definition,
    container: Definition,
    *,
    task_id: str,
    image: str,
    environ: dict[str, str],
    labels: dict[str, str],
    join: str | None,
) -> Spec:
    """The task's limits hold for its first container; those that join it bring their own."""
    units = int(container.get("cpu") or 0) or (0 if join else int(definition.get("cpu") or 0))
    mebibytes = int(container.get("memory") or 0) or (0 if join else int(definition.get("memory") or 0))
    return Spec(
        name=f"{definition['family']}-{task_id[:8]}-{container['name']}",
        image=image,
        environ=environ,
        labels=labels,
        command=container.get("command"),
        entrypoint=container.get("entryPoint"),
        user=container.get("user"),
        working_dir=container.get("workingDirectory"),
        cpus=units / 1024 if units else None,
        memory=mebibytes * 1024**2 if mebibytes else None,
        read_only=bool(container.get("readonlyRootFilesystem")),
        join=join,
        options={"healthcheck": _health_check(container.get("healthCheck"))},
    )


def _health_check(check: Definition | None) -> Definition:
    """ECS ignores the image's own health check."""
    if not check:
        return {"test": ["NONE"]}
    return {
        "test": check["command"],
        "interval": int(check.get("interval", 30)) * SECOND,
        "timeout": int(check.get("timeout", 5)) * SECOND,
        "retries": int(check.get("retries", 3)),
        "start_period": int(check.get("startPeriod", 0)) * SECOND,
    }
