"""Builds images as a user does, and looks into them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ansible_collections.ai_api.cloud.plugins.module_utils.image.content import APPLICATION, matching

from tests.support.playbook import Run

ROOT = Path(__file__).parents[2]
TASK = "Build the image when what goes into it has changed"
PYC_HEADER_BYTES = 16  # magic number, flags, hash of the source


def copy_project(folder: Path) -> Path:
    """What goes into the image, and the recipe of its base."""
    others = (Path("packer/debian-base.sh"), Path(".dockerignore"), Path("docker-compose.yml"))
    for path in (*matching(ROOT, APPLICATION), *others):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, folder / path)
    return folder


def docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def build_command(*options: str, **variables: object) -> list[str]:
    return ["ansible-playbook", "playbooks/image.yml", "-e", json.dumps(variables), *options]


def build_environment(**more: str) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return os.environ | {"PATH": path, "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"} | more


def build(*options: str, environment: dict[str, str] | None = None, **variables: object) -> Run:
    """Play playbooks/image.yml to its end."""
    done = subprocess.run(
        build_command(*options, **variables),
        cwd=ROOT,
        env=build_environment(**(environment or {})),
        capture_output=True,
        text=True,
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr)


def built_image(run: Run) -> str:
    result = run.succeeded().results[TASK]
    return str(result["image"])


def images(name: str) -> list[str]:
    return docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", name).split()


def config(image: str) -> dict[str, Any]:
    loaded: list[dict[str, Any]] = json.loads(docker("image", "inspect", image))
    return dict(loaded[0]["Config"])


@contextmanager
def container(image: str, *options: str, command: Sequence[str] = ()) -> Iterator[str]:
    """The id of a running container, which is gone after the block."""
    started = docker("run", "--detach", "--label=managed-by=ai-api-rehearsal", *options, image, *command)
    try:
        yield started
    finally:
        docker("rm", "--force", started)


def files(image: str) -> dict[str, tuple[object, ...]]:
    """Path -> mode, owner, kind, and content of every file in ``image``.

    Of bytecode the source's hash stands for the content: how it is marshalled differs from run to run.
    """
    made = docker("create", image)
    try:
        with tempfile.TemporaryFile() as archive:
            subprocess.run(["docker", "export", made], stdout=archive, check=True)
            archive.seek(0)
            with tarfile.open(fileobj=archive) as tar:
                return {member.name: _described(tar, member) for member in tar}
    finally:
        docker("rm", made)


def _described(tar: tarfile.TarFile, member: tarfile.TarInfo) -> tuple[object, ...]:
    content = member.linkname
    if member.isfile():
        stream = tar.extractfile(member)
        assert stream is not None
        whole = stream.read()
        content = hashlib.sha256(
            whole[:PYC_HEADER_BYTES] if member.name.endswith(".pyc") else whole
        ).hexdigest()
    return (oct(member.mode), member.uid, member.gid, member.type, content)
