"""The stand-ins, the container engine and the disk of this machine on their bad days."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.preflight.disk import GIB, too_little
from ansible_collections.ai_api.cloud.plugins.module_utils.preflight.engine import DEFAULT, inspect_engine
from ansible_collections.ai_api.cloud.plugins.module_utils.preflight.stand_ins import not_running
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.support.ports import free_ports
from tests.unit.playing import ROOT
from tests.unit.verification.serving import serving

START = "Start them: make rehearse, or python -m rehearsal up."


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_stand_ins_that_were_never_started(tmp_path: Path) -> None:
    [problem] = not_running(tmp_path / "endpoints.json")
    assert str(problem).startswith("stand-ins: expected the endpoints of running stand-ins")
    assert str(problem).endswith(f"found No such file or directory. {START}")


def test_a_half_written_file_of_endpoints(tmp_path: Path) -> None:
    (tmp_path / "endpoints.json").write_text('{"aws": {')
    [problem] = not_running(tmp_path / "endpoints.json")
    assert f"found no JSON in it. {START}" in str(problem)


def test_a_stand_in_that_has_stopped_is_named_once(tmp_path: Path, listener: socket.socket) -> None:
    [stopped] = free_ports(1)
    running = listener.getsockname()[1]
    endpoints = {
        "aws": {"endpoint_url": f"http://127.0.0.1:{running}", "registry_host": f"127.0.0.1:{running}"},
        "provider": {
            "base_url": f"http://127.0.0.1:{stopped}/v1",
            "admin_url": f"http://127.0.0.1:{stopped}",
        },
    }
    (tmp_path / "endpoints.json").write_text(json.dumps(endpoints))
    [problem] = not_running(tmp_path / "endpoints.json")
    assert str(problem) == (
        f"stand-ins: expected a stand-in at 127.0.0.1:{stopped}, found Connection refused. {START}"
    )


def test_no_engine(tmp_path: Path) -> None:
    problem, storage = inspect_engine(f"unix://{tmp_path}/docker.sock")
    assert storage is None
    assert str(problem).startswith(f"container engine: expected a container engine at unix://{tmp_path}")
    assert "found No such file or directory. Install and start Docker" in str(problem)


def test_an_engine_that_has_stopped(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as stopped:
        stopped.bind(str(tmp_path / "docker.sock"))
    problem, _ = inspect_engine(f"unix://{tmp_path}/docker.sock")
    assert "found Connection refused. Install and start Docker" in str(problem)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody without permission")
def test_an_engine_that_this_user_may_not_use() -> None:
    with socket.socket(socket.AF_UNIX) as engine:
        path = f"/tmp/engine-{os.getpid()}.sock"
        engine.bind(path)
        try:
            Path(path).chmod(0o600)
            engine.listen()
            program = f"""
import os
from {inspect_engine.__module__} import inspect_engine
os.setuid(65534)
print(inspect_engine("unix://{path}")[0])
"""
            finished = subprocess.run(
                [sys.executable, "-c", program],
                env={**os.environ, "PYTHONPATH": str(ROOT / "collections")},
                capture_output=True,
                text=True,
                check=True,
            )
        finally:
            Path(path).unlink()
    assert "found one that this user may not use. Add this user to the group docker" in finished.stdout


def _engine(answer: Response) -> Starlette:
    def info(_: Request) -> Response:
        return answer

    return Starlette(routes=[Route("/info", info)])


@pytest.mark.parametrize("answer", [PlainTextResponse("hello"), JSONResponse([]), JSONResponse({}, 404)])
def test_something_else_where_the_engine_should_be(answer: Response) -> None:
    with serving(_engine(answer)) as url:
        problem, _ = inspect_engine(url.replace("http", "tcp"))
    assert "found something else that answers there" in str(problem)


def test_an_engine_on_another_machine_keeps_its_images_there() -> None:
    with serving(_engine(JSONResponse({"DockerRootDir": "/"}))) as url:
        assert inspect_engine(url.replace("http", "tcp")) == (None, None)


@pytest.mark.parametrize("where", ["ssh://builder@example.com", "tcp://example.com:2376"])
def test_an_engine_that_only_its_own_client_can_ask_is_not_judged(where: str) -> None:
    assert inspect_engine(where) == (None, None)


def test_the_engine_of_this_machine_says_where_its_images_are() -> None:
    problem, storage = inspect_engine(os.environ.get("DOCKER_HOST") or DEFAULT)
    assert problem is None
    assert storage
    assert storage.is_dir()


def test_too_little_disk_is_said_with_the_folders_that_share_it(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    disk = os.statvfs(tmp_path)
    half = disk.f_bavail * disk.f_frsize / GIB * 0.6
    assert list(too_little({tmp_path: half})) == []
    [problem] = too_little({tmp_path: half, other: half})
    assert str(problem).startswith("disk: expected ")
    assert f"GiB free for {tmp_path} and {other}, found " in str(problem)
