"""How long a deployment takes that has nothing to do: of one target, of several, of thirty.

All in alternating rounds, so that a noisy machine disturbs all alike; with them a playbook that does nothing
(Ansible's own start), and the reads of one AWS target made by one plain boto3 process.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

from tests.support.fleet import REGIONS, Fleet
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
ONE, ON_GCP, ON_AZURE, TWO, THREE, THIRTY = (
    "one target, on AWS",
    "one target, on GCP",
    "one target, on Azure",
    "two, AWS and GCP",
    "three, one a cloud",
    "thirty, ten a cloud",
)
FIRST = [f"{cloud}-{regions[0]}" for cloud, regions in REGIONS.items()]
SINGLE = dict(zip((ONE, ON_GCP, ON_AZURE), FIRST, strict=True))
LIMITS = {**SINGLE, TWO: ",".join(FIRST[:2]), THREE: ",".join(FIRST), THIRTY: "all"}
GOALS = {TWO: 1.5, THREE: 2.0, THIRTY: 8.0}  # times one target
ROUNDS_OF_THIRTY = 5
WITHOUT = ("--skip-tags", "verify")


@dataclass(frozen=True)
class Seconds:
    """``deployments`` by the names above; thirty are not in every round."""

    deployments: dict[str, float]
    start: float
    reads: float

    def beyond_start(self, name: str = ONE) -> float:
        """What the deployment takes beyond Ansible's own start."""
        return self.deployments[name] - self.start

    def times_the_mean(self, name: str) -> float:
        """Beside the mean of one target on each cloud: one cloud has more tasks than another."""
        return self.deployments[name] / mean(self.deployments[one] for one in SINGLE)


def run(rounds: int) -> str:
    """Deploy into a rehearsal of its own, measure, remove it; the report."""
    with tempfile.TemporaryDirectory() as folder:
        rehearsal = Rehearsal(Path(folder, "state"))
        rehearsal.command("up")
        try:
            fleet = Fleet(rehearsal, Path(folder, "inventory"), "bench", len(REGIONS["aws"]))
            fleet.play("deploy.yml", LIMITS[THREE], *WITHOUT).succeeded()
            at_rest = rehearsal.command("status", "--seconds", "30").stdout
            fleet.play("deploy.yml", LIMITS[THIRTY], *WITHOUT).succeeded()
            assert not fleet.play("deploy.yml", LIMITS[THIRTY], *WITHOUT).succeeded().changed_targets
            measured = report(measure(fleet, rounds))
        finally:
            rehearsal.command("down")
    at_rest = f"The rehearsal at rest, a target on each cloud (limits: 700 MB, 5 % of a core):\n{at_rest}"
    return f"{measured}\n{at_rest}"


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


def measure(fleet: Fleet, rounds: int) -> list[Seconds]:
    aws = fleet.rehearsal.endpoints["aws"]["connection"]
    connection = {
        "endpoint_url": aws["endpoint_url"],
        "aws_access_key_id": aws["access_key_id"],
        "aws_secret_access_key": aws["secret_access_key"],
        "region_name": REGIONS["aws"][0],
    }
    images = fleet.rehearsal.aws("ecr").describe_images(repositoryName=fleet.name)["imageDetails"]
    reads = json.dumps([connection, reads_of(fleet.name, images[0]["imageTags"][0])])

    def one_round(number: int) -> Seconds:
        names = [name for name in LIMITS if name != THIRTY or number < ROUNDS_OF_THIRTY]
        return Seconds(
            {name: _seconds(fleet.command("deploy.yml", LIMITS[name], *WITHOUT), fleet) for name in names},
            _seconds(fleet.command("tests/bench/nothing.yml", LIMITS[ONE]), fleet),
            _seconds([sys.executable, "-c", READS], fleet, reads),
        )

    return [one_round(number) for number in range(rounds)]


def _seconds(command: list[str], fleet: Fleet, text: str = "") -> float:
    start = time.perf_counter()
    subprocess.run(
        command, cwd=ROOT, env=fleet.environment, input=text, text=True, check=True, capture_output=True
    )
    return time.perf_counter() - start


def report(rounds: list[Seconds]) -> str:
    def row(label: str, values: list[float], unit: str = "s") -> str:
        return f"  {label:<58} {median(values):6.2f} {unit}   ({min(values):.2f} to {max(values):.2f})"

    def several(name: str) -> list[str]:
        measured = [each for each in rounds if name in each.deployments]
        whole = [each.deployments[name] / each.deployments[ONE] for each in measured]
        beyond = [each.beyond_start(name) / each.beyond_start() for each in measured]
        return [
            row(name, [each.deployments[name] for each in measured]),
            row(f"  times one target (goal: {GOALS[name]:g})", whole, "x"),
            row("  times one target, both beyond the start", beyond, "x"),
            row("  times the mean of one on each cloud", [e.times_the_mean(name) for e in measured], "x"),
        ]

    return "\n".join(
        [
            f"No-op deployment without verification, {len(rounds)} alternating rounds, median (range):",
            row(ONE, [each.deployments[ONE] for each in rounds]),
            row("  Ansible's own start: a playbook with nothing in it", [each.start for each in rounds]),
            row("  beyond the start (limit 3 s)", [each.beyond_start() for each in rounds]),
            row("  the same reads in one plain boto3 process", [each.reads for each in rounds]),
            row(
                "  ratio to the plain reads (goal: under 5)",
                [e.beyond_start() / e.reads for e in rounds],
                "x",
            ),
            *(row(one, [each.deployments[one] for each in rounds]) for one in (ON_GCP, ON_AZURE)),
            *(line for name in GOALS for line in several(name)),
            "What limits several: the processor. Ansible forks a process for each task of each target.",
        ]
    )
