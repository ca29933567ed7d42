"""The lock of a deployment: exactly one run has it, and no dead one keeps it."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.core.errors import CloudError
from ansible_collections.ai_api.cloud.plugins.module_utils.core.lock import (
    acquire,
    default_folder,
    release_all,
)
from ansible_collections.ai_api.cloud.plugins.module_utils.core.process import (
    Process,
    shown_command,
    start_of,
)

from tests.unit.playing import command, environment, play

RACERS = 16


@pytest.fixture
def me() -> Process:
    return Process.running(os.getpid(), ["ansible-playbook", "deploy.yml"])


@contextmanager
def another() -> Iterator[Process]:
    """A process that lives until the end of the block."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield Process.running(process.pid, ["ansible-playbook", "deploy.yml"])
        assert process.stdin
        process.stdin.close()


def test_a_living_run_keeps_others_out_and_is_named(tmp_path: Path, me: Process) -> None:
    with another() as other:
        assert acquire(tmp_path, "ai-api-prod", other) is None
        with pytest.raises(CloudError) as refusal:
            acquire(tmp_path, "ai-api-prod", me)
    said = str(refusal.value)
    for part in (str(other.pid), other.user, other.since, "ansible-playbook deploy.yml", "Wait for its end"):
        assert part in said


def test_the_same_run_may_ask_again_and_other_deployments_are_free(tmp_path: Path, me: Process) -> None:
    acquire(tmp_path, "ai-api-prod", me)
    assert acquire(tmp_path, "ai-api-prod", replace(me, since="later")) is None
    with another() as other:
        assert acquire(tmp_path, "ai-api-staging", other) is None


def test_the_lock_of_a_dead_run_is_taken_over_and_said(tmp_path: Path, me: Process) -> None:
    with another() as dead:
        acquire(tmp_path, "ai-api-prod", dead)
    assert acquire(tmp_path, "ai-api-prod", me) == dead


def test_a_process_that_got_the_number_of_the_dead_one_does_not_keep_its_lock(
    tmp_path: Path, me: Process
) -> None:
    with another() as other:
        earlier = replace(other, started="1")
        acquire(tmp_path, "ai-api-prod", earlier)
        assert acquire(tmp_path, "ai-api-prod", me) == earlier


def test_an_unreaped_process_is_dead() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert start_of(process.pid) == ""


def test_a_run_on_another_machine_counts_as_living(tmp_path: Path, me: Process) -> None:
    acquire(tmp_path, "ai-api-prod", replace(me, host="elsewhere"))
    with pytest.raises(CloudError, match=r"Only where elsewhere is gone .* remove .*ai-api-prod\.lock"):
        acquire(tmp_path, "ai-api-prod", me)


def test_a_run_gives_back_its_own_locks_alone(tmp_path: Path, me: Process) -> None:
    with another() as other:
        for name in ("ai-api-prod", "ai-api-staging"):
            acquire(tmp_path, name, me)
        acquire(tmp_path, "ai-api-test", other)
        release_all(tmp_path, me)
        for name in ("ai-api-prod", "ai-api-staging"):
            assert acquire(tmp_path, name, other) is None
        with pytest.raises(CloudError):
            acquire(tmp_path, "ai-api-test", me)


@pytest.mark.parametrize("content", ["", '{"pid": 1', "[]", '{"other": 1}'])
def test_what_a_dying_writer_left_is_no_lock(tmp_path: Path, me: Process, content: str) -> None:
    (tmp_path / "ai-api-prod.lock").write_text(content)
    assert acquire(tmp_path, "ai-api-prod", me) is None


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path, me: Process) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CloudError, match="Make it writable, or set XDG_STATE_HOME"):
        acquire(tmp_path / "file" / "locks", "ai-api-prod", me)


def test_state_belongs_where_the_user_says(tmp_path: Path) -> None:
    assert default_folder({"XDG_STATE_HOME": str(tmp_path)}) == tmp_path / "ai-api" / "locks"
    assert default_folder({}) == Path.home() / ".local" / "state" / "ai-api" / "locks"


def _race(folder: Path, start: Barrier, done: Barrier, result: Connection) -> None:
    me = Process.running(os.getpid(), ["racer"])
    start.wait()
    try:
        acquire(folder, "ai-api-prod", me)
        result.send(True)
    except CloudError:
        result.send(False)
    done.wait()  # the winner lives until all have tried


@pytest.mark.parametrize("left_behind", [False, True])
def test_of_many_processes_exactly_one_gets_the_lock(tmp_path: Path, me: Process, left_behind: bool) -> None:
    if left_behind:
        acquire(tmp_path, "ai-api-prod", replace(me, started="1"))
    context = multiprocessing.get_context("fork")
    start, done = context.Barrier(RACERS), context.Barrier(RACERS)
    ends = [context.Pipe(duplex=False) for _ in range(RACERS)]
    racers = [context.Process(target=_race, args=(tmp_path, start, done, sender)) for _, sender in ends]
    for racer in racers:
        racer.start()
    won = [receiver.recv() for receiver, _ in ends]
    for racer in racers:
        racer.join()
    assert won.count(True) == 1


def test_the_values_of_extra_variables_are_not_shown() -> None:
    arguments = ["/usr/bin/ansible-playbook", "deploy.yml", "-e", "key=1", "--extra-vars", "key=2", "-ekey=3"]
    arguments += ["--extra-vars=key=4", "-i", "inventories/prod"]
    shown = shown_command(arguments)
    assert "key" not in shown
    assert shown.startswith("ansible-playbook deploy.yml -e ")
    assert shown.endswith("-i inventories/prod")


PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ai_api.cloud.deployment_lock:
        name: ai-api-prod
    - ansible.builtin.command: sh -c 'echo locked > {fifo}; read go < {fifo}'
      changed_when: false
      when: hold is defined
    - ansible.builtin.fail: {{msg: as asked}}
      when: fail is defined
"""


def test_a_second_playbook_is_refused_until_the_first_is_killed(tmp_path: Path) -> None:
    fifo, playbook = tmp_path / "fifo", tmp_path / "play.yml"
    os.mkfifo(fifo)
    playbook.write_text(PLAYBOOK.format(fifo=fifo))
    env = {"XDG_STATE_HOME": str(tmp_path / "state"), "ANSIBLE_LOCALHOST_WARNING": "0"}
    holding = command(playbook, "-e", "hold=confidential")

    with subprocess.Popen(holding, env=environment(**env), stdout=subprocess.DEVNULL) as first:
        assert fifo.read_text() == "locked\n"
        second = play(playbook, env=env)
        checked = play(playbook, "--check", env=env)
        first.kill()
    third = play(playbook, env=env)
    fifo.write_text("go\n")  # lets go of what the killed run left behind

    assert second.returncode == 2
    assert f"found process {first.pid} of" in second.stdout
    assert "confidential" not in second.stdout
    assert checked.returncode == 0, checked.stdout
    assert third.returncode == 0, third.stdout
    assert f"a run that ended without giving it back: process {first.pid}" in third.stdout


def test_a_run_gives_its_lock_back_also_when_it_fails(tmp_path: Path) -> None:
    playbook = tmp_path / "play.yml"
    playbook.write_text(PLAYBOOK.format(fifo="no"))
    failed = play(playbook, "-e", "fail=true", env={"XDG_STATE_HOME": str(tmp_path)})
    assert failed.returncode == 2
    [lock] = default_folder({"XDG_STATE_HOME": str(tmp_path)}).iterdir()
    assert lock.read_text() == ""
