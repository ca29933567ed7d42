"""How long a deployment takes that has nothing to do.

Three things in alternating rounds, so that a noisy machine disturbs all alike: the deployment, a playbook
that does nothing (Ansible's own start), and the deployment's reads made by one plain boto3 process.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.support.playbook import Target
from tests.support.rehearsal import ROOT, Rehearsal

READS = """
import json, sys
import boto3

connection, reads = json.load(sys.stdin)
clients = {}
for service, operation, arguments in reads:
    if service not in clients:
        clients[service] = boto3.client(service, **connection)
    getattr(clients[service], operation)(**arguments)
"""


@dataclass(frozen=True)
class Seconds:
    deployment: float
    start: float
    reads: float

    @property
    def playbook(self) -> float:
        """What the deployment takes beyond Ansible's own start."""
        return self.deployment - self.start


def run(rounds: int) -> str:
    """Deploy into a rehearsal of its own, measure, remove it; the report."""
    with tempfile.TemporaryDirectory() as folder:
        rehearsal = Rehearsal(Path(folder))
        rehearsal.command("up")
        try:
            target = Target(rehearsal, "bench", autoscaling_min=3)
            target.deploy("--skip-tags", "verify").succeeded()
            measured = report(measure(target, rounds))
            at_rest = rehearsal.command("status", "--seconds", "30").stdout
        finally:
            rehearsal.command("down")
    return (
        f"{measured}\nThe rehearsal at rest with three replicas (limits: 700 MB, 5 % of a core):\n{at_rest}"
    )


def reads_of(name: str, tag: str) -> list[tuple[str, str, object]]:
    """The reads that a deployment with nothing to do makes."""
    stacks = ["platform", "registry", "secret-store", "service", "autoscaling"]
    return [
        ("sts", "get_caller_identity", {}),
        *(("cloudformation", "describe_stacks", {"StackName": f"{name}-{stack}"}) for stack in stacks),
        ("ecr", "describe_images", {"repositoryName": name, "imageIds": [{"imageTag": tag}]}),
        ("secretsmanager", "get_secret_value", {"SecretId": f"{name}/openai-api-key"}),
        ("ecs", "describe_services", {"cluster": name, "services": [name]}),
    ]


def measure(target: Target, rounds: int) -> list[Seconds]:
    aws = target.rehearsal.endpoints["aws"]
    connection = {
        "endpoint_url": aws["endpoint_url"],
        "aws_access_key_id": aws["access_key_id"],
        "aws_secret_access_key": aws["secret_access_key"],
        "region_name": "us-east-1",
    }
    images = target.rehearsal.aws("ecr").describe_images(repositoryName=target.name)["imageDetails"]
    reads = json.dumps([connection, reads_of(target.name, images[0]["imageTags"][0])])

    def playbook(path: str, *options: str) -> Callable[[], None]:
        def run() -> None:
            subprocess.run(
                target.command(path, *options),
                cwd=ROOT,
                env=target.environment,
                check=True,
                capture_output=True,
            )

        return run

    def plain() -> None:
        subprocess.run([sys.executable, "-c", READS], input=reads, text=True, check=True, capture_output=True)

    subjects = (playbook("deploy.yml", "--skip-tags", "verify"), playbook("tests/bench/nothing.yml"), plain)
    return [Seconds(*(_timed(subject) for subject in subjects)) for _ in range(rounds)]


def _timed(subject: Callable[[], None]) -> float:
    start = time.perf_counter()
    subject()
    return time.perf_counter() - start


def report(rounds: list[Seconds]) -> str:
    def row(label: str, values: list[float], unit: str = "s") -> str:
        return f"  {label:<58} {median(values):6.2f} {unit}   ({min(values):.2f} to {max(values):.2f})"

    return "\n".join(
        [
            f"No-op deployment of one AWS target, {len(rounds)} alternating rounds, median (range):",
            row("deploy.yml without verification", [r.deployment for r in rounds]),
            row("Ansible's own start: a playbook with nothing in it", [r.start for r in rounds]),
            row("playbook time beyond the start (limit 3 s)", [r.playbook for r in rounds]),
            row("the same reads in one plain boto3 process", [r.reads for r in rounds]),
            row("ratio to the plain reads (goal: under 5)", [r.playbook / r.reads for r in rounds], "x"),
        ]
    )
