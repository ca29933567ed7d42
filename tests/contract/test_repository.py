"""Promises about the repository as a whole."""

from __future__ import annotations

import json
import re
import subprocess
from importlib.metadata import distribution
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_requirements_yml_says_what_the_ansible_package_brings() -> None:
    wanted = yaml.safe_load((ROOT / "requirements.yml").read_text())["collections"]
    installed = {
        entry["name"]: json.loads(
            Path(str(distribution("ansible").locate_file("ansible_collections")))
            .joinpath(*entry["name"].split("."), "MANIFEST.json")
            .read_text()
        )["collection_info"]["version"]
        for entry in wanted
    }
    assert {entry["name"]: entry["version"] for entry in wanted} == installed


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt", "requirements-ministack.txt"])
def test_locks_pin_and_hash_everything_and_name_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    entries = re.split(r"\n(?=[a-z0-9])", re.sub(r"^\s*#.*\n", "", text, flags=re.M))
    assert len(entries) > 10
    for entry in entries:
        assert re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==\S+", entry), entry[:80]
        assert "--hash=sha256:" in entry, entry[:80]
    assert "://" not in text


def test_the_application_runs_with_versions_that_were_tested() -> None:
    def pins(lock: str) -> set[str]:
        return set(re.findall(r"^([a-z0-9._-]+==\S+)", (ROOT / lock).read_text(), flags=re.M))

    assert pins("requirements.txt") <= pins("requirements-dev.txt")


def test_no_secret_and_no_registry_host_in_a_tracked_file() -> None:
    forbidden = re.compile(
        rb"://[a-z.-]*(pypi|pythonhosted|debian|npmjs)\."  # tools find their index themselves
        rb"|\bsk-[A-Za-z0-9_-]{20,}"
        rb"|\bAKIA(?!IOSFODNN7EXAMPLE)[0-9A-Z]{16}\b"
        rb"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    )
    found = {str(path.relative_to(ROOT)) for path in tracked() if forbidden.search(path.read_bytes())}
    assert found - {"tests/contract/test_repository.py"} == set()


def test_inventories_set_the_same_variables() -> None:
    def names(inventory: str) -> set[str]:
        files = (ROOT / "inventories" / inventory).rglob("group_vars/**/*.yml")
        return {name for path in files for name in yaml.safe_load(path.read_text())}

    assert names("staging") == names("prod")
    assert names("prod") <= names("rehearsal")
