"""The image as it runs: read-only, without rights, ending when it is told to."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.support.image import container, docker
from tests.support.waiting import wait_for

HARDENED = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges")
IMPATIENT = ("--health-interval=1s", "--health-retries=1", "--health-start-period=1ms")


@pytest.fixture
def running(image: str) -> Iterator[str]:
    """A container that answers, hardened as far as it goes."""
    settings = ("--env=DRAIN_SECONDS=0", "--publish=127.0.0.1::8000")
    with container(image, *HARDENED, *IMPATIENT, *settings) as started:
        wait_for(lambda: is_alive(started), "the server is alive")
        yield started


def url(started: str) -> str:
    return f"http://{docker('port', started, '8000/tcp').splitlines()[0]}"


def is_alive(started: str) -> bool:
    try:
        return httpx.get(f"{url(started)}/health").status_code == 200
    except httpx.TransportError:
        return False


def health(started: str) -> str:
    return docker("inspect", "--format", "{{.State.Health.Status}}", started)


def test_it_answers_from_a_read_only_file_system(running: str) -> None:
    assert httpx.get(f"{url(running)}/health").json()["status"] == "healthy"
    assert docker("diff", running) == ""


def test_the_server_is_the_first_process_and_runs_as_the_numbered_user(running: str) -> None:
    status = docker("exec", running, "cat", "/proc/1/status")
    assert "Uid:\t10001\t10001\t10001\t10001" in status
    assert docker("exec", running, "cat", "/proc/1/cmdline").startswith(
        "python3\0-m\0uvicorn\0app.main:create_app"
    )


def test_the_engine_finds_it_healthy_without_curl(running: str) -> None:
    wait_for(lambda: health(running) == "healthy", "it is healthy")


def test_the_health_check_fails_where_nothing_answers(image: str) -> None:
    with container(image, *IMPATIENT, "--entrypoint=sleep", command=["infinity"]) as idle:
        wait_for(lambda: health(idle) == "unhealthy", "it is unhealthy")


def test_it_ends_by_itself_when_told_to(running: str) -> None:
    docker("kill", "--signal=TERM", running)
    assert docker("wait", running) == "0"
    assert "Finished server process" in docker("logs", running)


IMPORTED_WITHOUT_BYTECODE = """
import sys, app.main, app.healthcheck
from importlib.util import cache_from_source
from pathlib import Path
sources = [getattr(module, "__file__", None) or "" for module in sys.modules.values()]
sources = [source for source in sources if source.endswith(".py")]
print(len(sources), [source for source in sources if not Path(cache_from_source(source)).exists()])
"""


def test_everything_it_imports_was_compiled_when_it_was_built(image: str) -> None:
    """It cannot be when it runs, so every start and every health check would do it anew."""
    printed = docker("run", "--rm", image, "python3", "-c", IMPORTED_WITHOUT_BYTECODE)
    count, _, missing = printed.partition(" ")
    assert int(count) > 300
    assert missing == "[]"
