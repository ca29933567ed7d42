"""The load balancer's data plane between a real client and real targets, over real connections."""

from __future__ import annotations

import asyncio
import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from rehearsal.core.loop import LoopThread
from rehearsal.core.proxy import Head, Headers, Listener, Plain
from rehearsal.core.targets import HEALTHY, INITIAL, UNHEALTHY, HealthCheck, Target, TargetPool
from tests.support.waiting import wait_for

QUICK = HealthCheck("/health", interval=0.05, timeout=1, healthy_after=2, unhealthy_after=2, codes="200-204")


class Backend:
    """A target whose behaviour a test steers."""

    def __init__(self) -> None:
        self.status = 204
        self.seen: list[dict[str, str]] = []
        self.hold, self.arrived, self.left = threading.Event(), threading.Event(), threading.Event()
        backend = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if self.path == "/health":
                    self.send_response(backend.status)
                    self.end_headers()
                    self.close_connection = True
                    return
                backend.seen.append({name.lower(): value for name, value in self.headers.items()})
                backend.arrived.set()
                getattr(self, f"on_{self.path[1:]}")()

            def do_POST(self) -> None:
                self._answer(str(len(self.rfile.read(int(self.headers["content-length"])))).encode())

            def on_hello(self) -> None:
                self._answer(b"hello")

            def on_hang_up(self) -> None:
                self.close_connection = True

            def on_hold(self) -> None:
                assert backend.hold.wait(20)
                self._answer(b"held")

            def on_pieces(self) -> None:
                self.send_response(200)
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
                self.wfile.write(b"3\r\none\r\n")
                assert backend.hold.wait(20)
                self.wfile.write(b"3\r\ntwo\r\n0\r\n\r\n")

            def on_half(self) -> None:
                self.send_response(200)
                self.send_header("content-length", "10")
                self.end_headers()
                self.wfile.write(b"half")
                self.close_connection = True

            def on_watch(self) -> None:
                """Wait for the other side to leave."""
                self.connection.settimeout(20)
                if self.connection.recv(1) == b"":
                    backend.left.set()
                self.close_connection = True

            def _answer(self, body: bytes) -> None:
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self._server.server_port

    def close(self) -> None:
        self.hold.set()
        self._server.shutdown()
        self._server.server_close()


class Balancer:
    """A listener over one pool."""

    def __init__(self, idle: float = 20.0) -> None:
        self.loop = LoopThread("test-balancer")
        self.pool = TargetPool(lambda: QUICK)
        self.idle = idle
        self.plain: Plain | None = None
        listener = Listener(lambda head: self.plain or self.pool, self._forward, lambda: self.idle)
        self.server = self.loop.run(_serve(listener))
        self.port = int(self.server.sockets[0].getsockname()[1])

    @staticmethod
    def _forward(head: Head, headers: Headers) -> Headers:
        return [*headers, (b"x-client", head.client.encode())]

    def add(self, backend: Backend) -> Target:
        async def register() -> Target:
            return self.pool.register(backend.address)

        target = self.loop.run(register())
        wait_for(lambda: target.state == HEALTHY, "a healthy target")
        return target

    def request(self, path: str, method: str = "GET", body: bytes | None = None) -> tuple[int, bytes]:
        with self.connection() as connection:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.read()

    @contextmanager
    def connection(self) -> Iterator[http.client.HTTPConnection]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        yield connection
        connection.close()

    def close(self) -> None:
        async def close() -> None:
            self.pool.close()
            self.server.close()

        self.loop.run(close())


async def _serve(listener: Listener) -> asyncio.Server:
    return await asyncio.start_server(listener, "127.0.0.1", 0)


@pytest.fixture
def backend() -> Iterator[Backend]:
    made = Backend()
    yield made
    made.close()


@pytest.fixture
def balancer() -> Iterator[Balancer]:
    made = Balancer()
    yield made
    made.close()


def test_requests_and_answers_pass_and_connections_are_kept(balancer: Balancer, backend: Backend) -> None:
    target = balancer.add(backend)
    with balancer.connection() as connection:
        for _ in range(3):
            connection.request("GET", "/hello", headers={"x-own": "1", "connection": "keep-alive"})
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (200, b"hello")
    assert balancer.request("/hello", "POST", b"x" * 300_000) == (200, b"300000")
    assert [seen["x-client"] for seen in backend.seen] == ["127.0.0.1"] * 3
    assert backend.seen[0]["x-own"] == "1"
    wait_for(lambda: len(target.idle) == 1, "the connection to be kept")


def test_a_connection_that_was_idle_for_too_long_is_not_used_again(
    balancer: Balancer, backend: Backend
) -> None:
    target = balancer.add(backend)
    balancer.idle = 0.2
    assert balancer.request("/hello") == (200, b"hello")
    [kept] = wait_for(lambda: list(target.idle) or None, "the connection to be kept")
    wait_for(lambda: not kept.usable, "its time to be up", 20)
    assert balancer.request("/hello") == (200, b"hello")
    [another] = wait_for(lambda: list(target.idle) or None, "the next connection to be kept")
    assert another is not kept


def test_an_answer_is_streamed_as_it_comes(balancer: Balancer, backend: Backend) -> None:
    balancer.add(backend)
    with balancer.connection() as connection:
        connection.request("GET", "/pieces")
        answer = connection.getresponse()
        assert answer.read(3) == b"one"  # the target has not sent the rest yet
        backend.hold.set()
        assert answer.read() == b"two"


def test_a_target_that_hangs_up_gives_502(balancer: Balancer, backend: Backend) -> None:
    balancer.add(backend)
    assert balancer.request("/hang_up")[0] == 502


def test_an_answer_that_breaks_off_does_not_pass_for_whole(balancer: Balancer, backend: Backend) -> None:
    balancer.add(backend)
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        balancer.request("/half")


def test_a_silent_target_gives_504(balancer: Balancer, backend: Backend) -> None:
    balancer.add(backend)
    balancer.idle = 0.3
    assert balancer.request("/hold")[0] == 504


def test_no_target_gives_503(balancer: Balancer) -> None:
    assert balancer.request("/hello")[0] == 503


def test_the_target_learns_that_the_client_has_left(balancer: Balancer, backend: Backend) -> None:
    balancer.add(backend)
    with socket.create_connection(("127.0.0.1", balancer.port)) as client:
        client.sendall(b"GET /watch HTTP/1.1\r\nhost: x\r\n\r\n")
        assert backend.arrived.wait(20)
    assert backend.left.wait(20)


def test_what_is_not_http_is_dropped(balancer: Balancer) -> None:
    with socket.create_connection(("127.0.0.1", balancer.port)) as client:
        client.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
        client.settimeout(20)
        assert client.recv(100) == b""


def test_a_plain_answer_needs_no_target(balancer: Balancer) -> None:
    balancer.plain = Plain(418, b"teapot", (("content-type", "text/plain"),))
    assert balancer.request("/anything") == (418, b"teapot")


def test_a_draining_target_finishes_what_it_has_and_gets_no_more(balancer: Balancer) -> None:
    old, new = Backend(), Backend()
    target = balancer.add(old)
    answers: list[tuple[int, bytes]] = []
    waiting = threading.Thread(target=lambda: answers.append(balancer.request("/hold")))
    waiting.start()
    assert old.arrived.wait(20)
    balancer.add(new)

    leaving = balancer.loop.submit(balancer.pool.deregister(target, 20))
    for _ in range(4):
        assert balancer.request("/hello") == (200, b"hello")
    assert len(new.seen) == 4
    assert not leaving.done()
    old.hold.set()
    leaving.result(20)
    waiting.join()
    assert answers == [(200, b"held")]
    assert old.address not in balancer.pool.targets
    old.close()
    new.close()


def test_a_drain_is_bounded(balancer: Balancer, backend: Backend) -> None:
    target = balancer.add(backend)
    stuck = threading.Thread(target=lambda: balancer.request("/hold"))
    stuck.start()
    assert backend.arrived.wait(20)
    balancer.loop.submit(balancer.pool.deregister(target, 0.1)).result(20)
    assert backend.address not in balancer.pool.targets
    backend.hold.set()
    stuck.join()


def test_health_follows_the_target(balancer: Balancer, backend: Backend) -> None:
    target = balancer.add(backend)
    backend.status = 500
    wait_for(lambda: target.state == UNHEALTHY, "an unhealthy target")
    assert target.reason == "Health checks failed with these codes: [500]"
    # All unhealthy: better to try than to refuse.
    assert balancer.request("/hello") == (200, b"hello")
    backend.status = 200
    wait_for(lambda: target.state == HEALTHY, "a healthy target")


def test_a_target_that_never_answers_becomes_unhealthy(balancer: Balancer) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))

        async def register() -> Any:
            return balancer.pool.register(closed.getsockname())

        target = balancer.loop.run(register())
        assert target.state == INITIAL
        wait_for(lambda: target.state == UNHEALTHY, "an unhealthy target")
