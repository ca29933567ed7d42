# ruff: noqa: S101 - asserting is what tests do
"""Inside the running container."""

from __future__ import annotations

import json

import pytest
from testinfra.host import Host

testinfra_hosts = ["image"]

HOME = "/opt/ai-api"
LISTENING = "0A"  # the state in /proc/net/tcp


def test_the_server_is_the_first_process(host: Host) -> None:
    command = host.file("/proc/1/cmdline").content_string.split("\0")
    assert command[:4] == ["python3", "-m", "uvicorn", "app.main:create_app"]


def test_it_runs_as_a_user_without_rights(host: Host) -> None:
    user = host.user("app")
    assert (user.uid, user.gid, user.home, user.shell) == (10001, 10001, HOME, "/usr/sbin/nologin")
    status = dict(
        line.split(":\t", 1)
        for line in host.file("/proc/1/status").content_string.splitlines()
        if ":\t" in line
    )
    assert status["Uid"].split() == ["10001"] * 4
    assert int(status["CapEff"], 16) == 0
    assert status["NoNewPrivs"] == "1"


@pytest.mark.parametrize("path", ["app/main.py", "app/healthcheck.py", "lib/uvicorn/__init__.py"])
def test_its_files_belong_to_root_and_are_read_only_for_the_user(host: Host, path: str) -> None:
    file = host.file(f"{HOME}/{path}")
    assert (file.user, file.group, file.mode) == ("root", "root", 0o644)
    assert host.run("touch %s", file.path).rc != 0


@pytest.mark.parametrize("module", ["pip", "ensurepip", "setuptools", "wheel"])
def test_nothing_in_it_installs_packages(host: Host, module: str) -> None:
    assert f"No module named {module}" in host.run(f"python3 -m {module}").stderr


@pytest.mark.parametrize("program", ["pip", "pip3", "apt-get", "gcc", "cc", "make", "curl"])
def test_it_has_no_tools_for_building(host: Host, program: str) -> None:
    assert not host.exists(program)


def test_it_listens_on_port_8000(host: Host) -> None:
    rows = [row.split() for row in host.file("/proc/net/tcp").content_string.splitlines()[1:]]
    assert (f"00000000:{8000:04X}", LISTENING) in [(row[1], row[3]) for row in rows]


def test_it_is_healthy(host: Host) -> None:
    assert host.run("python3 -m app.healthcheck").rc == 0
    code = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8000/health').read().decode())"
    assert json.loads(host.check_output(f'python3 -c "{code}"'))["status"] == "healthy"


def test_it_was_built_for_python_3_11(host: Host) -> None:
    assert host.check_output("python3 --version").startswith("Python 3.11.")
