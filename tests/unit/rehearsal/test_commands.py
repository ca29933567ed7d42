"""The commands, as their users meet them: first run, second run, bad days, and the end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rehearsal.components import CLOUDS, NAMES
from rehearsal.engine import advice
from rehearsal.errors import RehearsalError
from rehearsal.lifecycle import Rehearsal
from rehearsal.processes import Process
from rehearsal.settings import PORTS, Settings
from rehearsal.state import State
from tests.support.waiting import wait_for
from tests.unit.rehearsal.harness import Harness

_HOLD_LOCK = """
import sys
from pathlib import Path
from rehearsal.state import State
with State(Path(sys.argv[1])).locked():
    print("held", flush=True)
    input()
"""


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Harness]:
    """A rehearsal that is not up yet, and not any more afterwards."""
    harness = Harness(tmp_path / "state")
    yield harness
    harness.command("down")


def test_up_starts_nothing_twice_and_restarts_what_died(fresh: Harness) -> None:
    fresh.up()
    before = {name: fresh.pid(name) for name in NAMES}
    secrets = fresh.endpoints

    assert fresh.up().count("already running") == len(NAMES)
    assert {name: fresh.pid(name) for name in NAMES} == before

    os.kill(before["aws"], signal.SIGKILL)
    wait_for(lambda: Process.of(before["aws"]) is None, "the end of the process")
    assert "had died" in fresh.up()
    assert {name for name in NAMES if fresh.pid(name) != before[name]} == {"aws"}
    assert fresh.endpoints == secrets
    status = fresh.command("status").stdout
    assert all(title in status for title in ("AWS", "GCP", "Azure", "model provider"))


def test_what_up_writes_is_for_its_user_only(fresh: Harness) -> None:
    fresh.up()
    confidential = ["endpoints.json", "credentials.json", *(f"{cloud}.json" for cloud in CLOUDS)]
    for path in (*map(fresh.state.joinpath, confidential), fresh.state / "azure" / "key.pem"):
        assert path.stat().st_mode & 0o077 == 0, path
    endpoints = fresh.endpoints
    keys = [
        endpoints["provider"]["api_key"],
        endpoints["aws"]["secret_access_key"],
        endpoints["azure"]["client_secret"],
    ]
    assert Path(endpoints["gcp"]["credentials_file"]).stat().st_mode & 0o077 == 0
    for name in NAMES:
        command = Path(f"/proc/{fresh.pid(name)}/cmdline").read_text()
        assert not any(key in command for key in keys)


def test_down_leaves_no_process_port_or_secret(fresh: Harness) -> None:
    fresh.up()
    pids = [fresh.pid(name) for name in NAMES]
    ports = [int(fresh.environment[variable]) for variable in PORTS]
    fresh.command("down")
    assert not any(map(Process.of, pids))
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    left = [path.name for path in fresh.state.iterdir() if path.is_file()]
    assert left == ["lock"]
    assert fresh.command("down", check=False).returncode == 0


def test_status_fails_when_something_is_not_healthy(fresh: Harness) -> None:
    fresh.up()
    os.kill(fresh.pid("provider"), signal.SIGKILL)
    wait_for(lambda: Process.of(fresh.pid("provider")) is None, "the end of the process")
    result = fresh.command("status", check=False)
    assert result.returncode == 1
    assert "NO" in result.stdout


def test_a_stranger_with_our_former_pid_is_left_alone(fresh: Harness) -> None:
    fresh.up()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        record = fresh.state / "processes" / "aws.json"
        ours = json.loads(record.read_text())
        record.write_text(json.dumps({**ours, "pid": stranger.pid}))
        fresh.command("down", check=False)
        assert stranger.poll() is None
        record.write_text(json.dumps(ours))
        stranger.kill()


def test_a_taken_port_is_refused_before_anything_starts(fresh: Harness) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(fresh.environment["REHEARSAL_LOAD_BALANCER_PORT"]) + 3))
        taken.listen()
        said = fresh.refused("up")
        assert f"Port {taken.getsockname()[1]}" in said
        assert f"(pid {os.getpid()})" in said
        assert "REHEARSAL_LOAD_BALANCER_PORT" in said
    assert not (fresh.state / "processes" / "provider.json").exists()


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("REHEARSAL_AWS_PORT", "eighty", "'eighty', expected a port from 1024 to 65000"),
        ("REHEARSAL_PROVIDER_PORT", "80", "'80', expected a port"),
        ("REHEARSAL_MINUTE_SECONDS", "0", "expected seconds from 0.1 to 60"),
        ("DOCKER_HOST", "unix:///nowhere.sock", "DOCKER_HOST is unix:///nowhere.sock"),
        ("REHEARSAL_STATE", "/dev/null/state", "The state folder /dev/null/state cannot be written"),
    ],
)
def test_a_bad_setting_says_what_was_expected(
    fresh: Harness, variable: str, value: str, expected: str
) -> None:
    assert expected in fresh.refused("up", **{variable: value})


@pytest.mark.parametrize("command", [["status"], ["reset"], ["fault", "list"]])
def test_commands_without_a_rehearsal_name_the_command_that_starts_it(
    fresh: Harness, command: list[str]
) -> None:
    assert "python -m rehearsal up" in fresh.refused(*command)


def test_too_little_disk_is_refused(tmp_path: Path) -> None:
    settings = Settings.from_environment({"REHEARSAL_STATE": str(tmp_path)})
    with pytest.raises(RehearsalError, match="GiB free, expected at least"):
        Rehearsal(settings, lambda _: None, least_disk=1 << 60).up()


def test_a_missing_environment_names_make_setup(tmp_path: Path) -> None:
    settings = replace(
        Settings.from_environment({"REHEARSAL_STATE": str(tmp_path)}), ministack_python=tmp_path / "python"
    )
    with pytest.raises(RehearsalError, match="make setup"):
        Rehearsal(settings, lambda _: None).up()


def test_two_commands_at_once_are_refused(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.prepare()
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD_LOCK, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(RehearsalError, match="Another rehearsal command"), state.locked():
            pass
        other.communicate("\n")
    with state.locked():
        pass


@pytest.mark.parametrize(
    ("user", "has_daemon", "has_apt", "expected"),
    [
        (1000, True, True, "usermod -aG docker"),
        (0, False, False, "docs.docker.com/engine/install"),
        (0, False, True, None),
        (0, True, False, None),
    ],
)
def test_advice_without_an_engine(user: int, has_daemon: bool, has_apt: bool, expected: str | None) -> None:
    found = advice(user=user, has_daemon=has_daemon, has_apt=has_apt, host=None)
    assert (found is None) if expected is None else (found is not None and expected in found)
