"""Wheels are downloaded whole or not at all, by real pip from an index of the test's own."""

from __future__ import annotations

import hashlib
import re
import zipfile
from pathlib import Path

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.core.errors import CloudError
from ansible_collections.ai_api.cloud.plugins.module_utils.image.wheelhouse import (
    download,
    locked,
    wheelhouse,
)

PLATFORM = "linux/amd64"


class Index:
    """A folder that pip finds packages in, and the project that locks them."""

    def __init__(self, folder: Path) -> None:
        self.wheels = folder / "index"
        self.project = folder / "project"
        self.wheels.mkdir()
        (self.project / "packer").mkdir(parents=True)
        self.lock("requirements.txt", self.publish("one"), self.publish("two"))
        self.lock("packer/pip.txt", self.publish("pip"))

    def publish(self, name: str) -> str:
        """Make a wheel; the line that locks it."""
        path = self.wheels / f"{name}-1.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as wheel:
            wheel.writestr(f"{name}.py", "")
            wheel.writestr(
                f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
            )
            wheel.writestr(f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            wheel.writestr(f"{name}-1.0.dist-info/RECORD", "")
        return f"{name}==1.0 \\\n    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"

    def lock(self, path: str, *lines: str) -> None:
        (self.project / path).write_text("\n".join(lines) + "\n")

    @property
    def store(self) -> list[str]:
        return sorted(path.name for path in (self.project / "wheelhouse").glob("*"))


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    made = Index(tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(made.wheels))
    return made


def fetch(index: Index, shown: list[str] | None = None) -> Path:
    return wheelhouse(index.project, PLATFORM, (shown if shown is not None else []).append)


def test_the_locked_wheels_are_there(index: Index) -> None:
    shown: list[str] = []
    folder = fetch(index, shown)
    assert sorted(path.name.partition("-")[0] for path in folder.glob("*.whl")) == ["one", "pip", "two"]
    assert index.store == [folder.name]
    assert shown == [
        "downloading 3 wheels for linux/amd64",
        *(f"{name}-1.0-py3-none-any" for name in ("one", "two", "pip")),
    ]


def test_what_is_there_is_not_downloaded_again(index: Index) -> None:
    folder = fetch(index)
    for wheel in index.wheels.iterdir():
        wheel.unlink()
    assert fetch(index) == folder


def test_another_lock_replaces_the_wheels(index: Index) -> None:
    before = fetch(index)
    index.lock("requirements.txt", index.publish("three"))
    after = fetch(index)
    assert sorted(path.name.partition("-")[0] for path in after.glob("*.whl")) == ["pip", "three"]
    assert index.store == [after.name] != [before.name]


def test_a_download_that_fails_half_way_counts_for_nothing(index: Index) -> None:
    wheel = index.wheels / "two-1.0-py3-none-any.whl"
    whole = wheel.read_bytes()
    wheel.write_bytes(whole[:-10])
    with pytest.raises(CloudError, match=r"(?s)cannot be downloaded.*two"):
        fetch(index)
    assert index.store == []
    wheel.write_bytes(whole)
    assert len(list(fetch(index).glob("*.whl"))) == 3


def test_what_a_killed_download_left_is_cleaned_up(index: Index) -> None:
    left = index.project / "wheelhouse/partial-killed"
    left.mkdir(parents=True)
    (left / "one-1.0-py3-none-any.whl").write_bytes(b"half")
    folder = fetch(index)
    assert index.store == [folder.name]


def test_markers_are_decided_for_the_image_and_not_for_this_python(index: Index) -> None:
    index.lock(
        "requirements.txt",
        "always==1 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n    # via something",
        "newer==2 ; python_full_version >= '3.12' \\\n    --hash=sha256:cc",
        "older==1 ; python_full_version < '3.12' \\\n    --hash=sha256:dd",
        "windows==1 ; sys_platform == 'win32' \\\n    --hash=sha256:ee",
        "arm==1 ; platform_machine == 'aarch64' \\\n    --hash=sha256:ff",
    )
    always, older = "always==1 --hash=sha256:aa --hash=sha256:bb", "older==1 --hash=sha256:dd"
    lock = index.project / "requirements.txt"
    assert list(locked(lock, "linux/amd64")) == [always, older]
    assert list(locked(lock, "linux/arm64")) == [always, older, "arm==1 --hash=sha256:ff"]


def test_the_download_is_for_the_image_and_checked_by_hash() -> None:
    command = " ".join(download(Path("lock"), Path("to"), "linux/arm64"))
    assert "--require-hashes" in command
    assert "--only-binary=:all:" in command
    assert "--python-version=3.11" in command
    assert set(re.findall(r"--platform=\S+_(aarch64|x86_64)", command)) == {"aarch64"}
