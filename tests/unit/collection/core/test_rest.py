"""What HTTP to a cloud repeats, and how long it waits in between."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.core import rest
from ansible_collections.ai_api.cloud.plugins.module_utils.core.rest import Rest, retry_after

from tests.support.ports import free_ports


class Service:
    """Answers with the ``statuses`` in turn, then with 200."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.seen: list[str] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                service.seen.append(self.command)
                self.send_response(service.statuses.pop(0) if service.statuses else 200)
                self.send_header("Retry-After", "0")
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_PUT = do_POST = answer  # noqa: N815 the names that http.server calls

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "FIRST_PAUSE", 0.01)


@pytest.mark.parametrize("status", sorted(rest.PASSING))
def test_what_passes_is_repeated(service: Service, status: int) -> None:
    service.statuses = [status, status]
    assert Rest(8).send("PUT", service.url, headers={}).status_code == 200
    assert len(service.seen) == 3


def test_attempts_are_bounded_and_the_last_answer_is_told(service: Service) -> None:
    service.statuses = [429] * 9
    assert Rest(3).send("GET", service.url, headers={}).status_code == 429
    assert len(service.seen) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409])
def test_what_does_not_pass_is_not_repeated(service: Service, status: int) -> None:
    service.statuses = [status]
    assert Rest(8).send("GET", service.url, headers={}).status_code == status
    assert len(service.seen) == 1


@pytest.mark.parametrize(("status", "sent"), [(500, 1), (502, 1), (429, 2), (503, 2)])
def test_a_post_is_repeated_only_where_nothing_was_begun(service: Service, status: int, sent: int) -> None:
    service.statuses = [status]
    Rest(8).send("POST", service.url, headers={})
    assert len(service.seen) == sent


def test_nobody_there_is_said_soon() -> None:
    (port,) = free_ports(1)
    with pytest.raises(httpx.ConnectError):
        Rest(100).send("GET", f"http://127.0.0.1:{port}", headers={})


def test_retry_after_in_seconds_as_a_date_and_bounded() -> None:
    def asked(value: str | None) -> float | None:
        return retry_after(httpx.Response(429, headers={} if value is None else {"Retry-After": value}))

    assert asked(None) is None and asked("soon") is None
    assert asked("7") == 7
    assert asked("99999") == rest.LONGEST_ASKED
    in_a_minute = asked(format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True))
    assert in_a_minute is not None and 50 < in_a_minute <= 60
    assert asked(format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True)) == 0
