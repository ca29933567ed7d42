"""Packer: the command that builds a layer of the image, and the plugins that newer versions fetch."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from ..core.errors import CloudError
from .engine import docker
from .process import Finished, Show, require, run

FIRST_WITH_INIT = (1, 7)


class Packer(NamedTuple):
    """packer/ai-api.pkr.hcl of ``project``, with what is alike for all layers."""

    project: Path
    context: Path
    variables: Mapping[str, str]
    show: Show

    def build(self, layer: str, below: str, image: str) -> None:
        """Build ``layer`` on ``below`` and, at the very end, call it ``image``. Raises CloudError."""
        require("packer", ["packer"], "building the image", self.show)
        environment = {"CHECKPOINT_DISABLE": "1", "PACKER_CONFIG_DIR": str(self.context.parent)}
        if version() >= FIRST_WITH_INIT:
            plugins = run(
                ["packer", "init", str(self.project / "packer/plugins")], self.show, env=environment
            )
            _raise_if_failed(plugins, "Packer's plugins cannot be installed")
        remove_leftovers(self.context)
        self.show(f"building {image}")
        command = self.arguments(layer, below, image)
        done = run(command, lambda line: _show_milestone(line, self.show), env=environment)
        _raise_if_failed(done, f"the {layer} layer of the image cannot be built")

    def arguments(self, layer: str, below: str, image: str) -> list[str]:
        """The command line of a build."""
        repository, _, tag = image.rpartition(":")
        variables = {
            **self.variables,
            "ansible_playbook": ansible_playbook(),
            "context": str(self.context),
            "from": below,
            "layer": layer,
            "repository": repository,
            "tag": tag,
        }
        pairs = [f"-var={name}={value}" for name, value in sorted(variables.items())]
        return ["packer", "build", "-color=false", *pairs, str(self.project / "packer")]


def ansible_playbook() -> str:
    """The ansible-playbook of the environment that runs this, which need not be on PATH."""
    beside = Path(sys.executable).with_name("ansible-playbook")
    return str(beside) if beside.exists() else shutil.which("ansible-playbook") or "ansible-playbook"


def version() -> tuple[int, ...]:
    """Packer's version, such as (1, 6, 6)."""
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", run(["packer", "version"]).output)
    return tuple(map(int, found.groups())) if found else (0,)


def remove_leftovers(context: Path) -> None:
    """Remove containers of a build that was killed: only ours mount ``context``."""
    left = docker("ps", "--all", "--quiet", "--filter", f"volume={context}").output.split()
    if left:
        docker("rm", "--force", *left)


def _show_milestone(line: str, show: Show) -> None:
    """Packer's own steps and the names of Ansible's tasks; the rest is told when something fails."""
    found = re.match(r"==> docker\.layer: ([^:]+)|\s+docker\.layer: TASK \[(.+)\]", line)
    if found:
        show(found[1] or found[2])


def _raise_if_failed(done: Finished, summary: str) -> None:
    if done.code:
        raise CloudError(
            f"{summary}:\n{done.tail}", next_step="Correct what it names and re-run; nothing was tagged."
        )
