"""A planted key appears nowhere."""

from __future__ import annotations

import secrets
import subprocess
import threading
from pathlib import Path

import httpx
import pytest

from tests.support.playbook import Target
from tests.support.rehearsal import ROOT

KEY = f"planted-{secrets.token_urlsafe(24)}"


class ProcessList:
    """Reads the arguments of all processes until stopped."""

    def __init__(self) -> None:
        self.hits: set[str] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self._stop.wait(0.05):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    arguments = path.read_text()
                except OSError:
                    continue
                if KEY in arguments:
                    self.hits.add(arguments)

    def __enter__(self) -> ProcessList:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


@pytest.fixture(scope="module")
def output(target: Target) -> str:
    """A first deployment and one that only compares the key, as loud as Ansible gets."""
    provider = target.rehearsal.endpoints["provider"]
    environment = target.environment | {
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": provider["base_url_for_containers"],
    }
    httpx.put(f"{provider['admin_url']}/keys", json={"keys": [provider["api_key"], KEY]}).raise_for_status()
    texts = []
    with ProcessList() as processes:
        for options in (["-vvv", "--diff"], ["-vvv", "--check", "--diff"]):
            finished = subprocess.run(
                target.command("deploy.yml", *options),
                cwd=ROOT,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert finished.returncode == 0, finished.stdout[-3000:]
            texts.append(finished.stdout + finished.stderr)
    assert processes.hits == set()
    return "".join(texts)


def test_not_in_the_output(output: str) -> None:
    assert len(output) > 10_000
    assert KEY not in output


def test_it_did_arrive(target: Target, output: str) -> None:
    assert target.cloud.stored_key(target.name) == KEY


def test_not_in_the_service_logs_nor_in_what_the_cloud_tells(target: Target, output: str) -> None:
    logged = target.cloud.log_text(target.name)
    assert logged
    assert KEY not in logged
    described = target.cloud.descriptions(target.name)
    assert target.name in described
    assert KEY not in described


def test_not_in_a_file_of_ours(target: Target, output: str) -> None:
    folders = [ROOT / "reports", target.rehearsal.state]
    found = [
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and KEY in path.read_text("latin-1")
    ]
    assert found == []


def test_not_in_a_layer_of_the_image(target: Target, output: str) -> None:
    listed = subprocess.run(
        ["docker", "image", "ls", "--quiet", "ai-api"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert listed
    saved = subprocess.run(["docker", "save", listed[0]], check=True, capture_output=True).stdout
    assert KEY.encode() not in saved
