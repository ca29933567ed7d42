"""Where the base comes from: soon decided, and decided once."""

from __future__ import annotations

import io
import shutil
import socket
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.image import base, debian
from ansible_collections.ai_api.cloud.plugins.module_utils.image.order import Order

from tests.support.image import ROOT
from tests.support.ports import free_ports

PLATFORM = "linux/amd64"


@pytest.fixture
def silent_registry() -> Iterator[str]:
    """The address of something that accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def local(name: str) -> str:
    """A base that the engine has."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.addfile(tarfile.TarInfo(name))
    command = ["docker", "import", "--platform", PLATFORM, "-", f"{name}:base"]
    subprocess.run(command, input=archive.getvalue(), capture_output=True, check=True)
    return f"{name}:base"


def order(reference: str, source: str = "auto", platform: str = PLATFORM, project: Path = ROOT) -> Order:
    return Order("ai-api", project, platform, reference, source)


def test_a_registry_that_says_nothing_is_given_up(
    silent_registry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "FIRST_ANSWER_SECONDS", 0.5)
    assert base.pull(f"{silent_registry}/python:3.11-slim", PLATFORM, print) == "no registry answers"


def test_a_registry_that_refuses_is_quoted() -> None:
    (port,) = free_ports(1)
    reason = base.pull(f"127.0.0.1:{port}/python:3.11-slim", PLATFORM, print)
    assert reason and "connection refused" in reason


def test_what_the_engine_has_is_taken(local: str) -> None:
    found = base.present(order(local))
    assert found and found.reference == local


def test_what_the_engine_has_for_another_platform_is_not(local: str) -> None:
    assert base.present(order(local, "registry", "linux/arm64")) is None


def test_only_debian_means_only_debian(local: str, project: Path) -> None:
    with (project / "packer/debian-base.sh").open("a") as script:
        script.write("# a recipe that nothing was made by\n")
    assert base.present(order(local, "debian", project=project)) is None


def test_another_recipe_makes_another_base(project: Path) -> None:
    assert debian.reference(project) == debian.reference(ROOT)
    with (project / "packer/debian-base.sh").open("a") as script:
        script.write("# changed\n")
    assert debian.reference(project) != debian.reference(ROOT)


def test_a_made_base_is_the_same_every_time(project: Path, tmp_path: Path) -> None:
    """Byte by byte, so an image built on one machine has the tag it has on another."""
    if shutil.which("mmdebstrap") is None:  # asked once the base of ``project`` is there
        pytest.skip("mmdebstrap is installed only where no base can be pulled")
    archives = [tmp_path / "one.tar", tmp_path / "two.tar"]
    for archive in archives:
        script = str(project / "packer/debian-base.sh")
        subprocess.run(["sh", script, "amd64", str(archive)], capture_output=True, check=True)
    assert archives[0].read_bytes() == archives[1].read_bytes()
    with tarfile.open(archives[0]) as tar:
        status = tar.extractfile("./var/lib/dpkg/status")
        assert status and b"Package: libpython3.11-stdlib\nStatus: install ok installed" in status.read()
