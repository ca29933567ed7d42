from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import httpx
import pytest

from .conftest import StartApp
from .serving import App, Provider

MAX_BYTES = 64 * 1024


@pytest.fixture(scope="module")
def bounded(launch: StartApp) -> App:
    return launch(MAX_BODY_BYTES=str(MAX_BYTES), BODY_TIMEOUT_SECONDS="0.5")


def padded(size: int) -> bytes:
    """A valid request of exactly so many bytes."""
    body = json.dumps({"prompt": "hi"}).encode()
    return body + b" " * (size - len(body))


def in_chunks(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 10_000):
        yield body[start : start + 10_000]


def post(app: App, content: bytes | Iterator[bytes], path: str = "/generate") -> httpx.Response:
    headers = {"Content-Type": "application/json"}
    return httpx.post(f"{app.url}{path}", content=content, headers=headers, timeout=20)


@pytest.mark.parametrize("chunked", [False, True], ids=["announced", "chunked"])
def test_a_body_may_be_as_large_as_the_limit_and_no_larger(
    bounded: App, provider: Provider, chunked: bool
) -> None:
    def sent(size: int) -> int:
        body = padded(size)
        return post(bounded, in_chunks(body) if chunked else body).status_code

    assert sent(MAX_BYTES) == 200
    assert [sent(size) for size in (MAX_BYTES + 1, 3 * MAX_BYTES)] == [413, 413]


def test_the_refusal_says_what_is_allowed(bounded: App) -> None:
    refused = post(bounded, padded(MAX_BYTES + 1))

    assert refused.json()["error"] == {"code": "body_too_large", "message": f"At most {MAX_BYTES} bytes"}
    assert refused.headers["Connection"] == "close"
    assert "X-RateLimit-Remaining" in refused.headers


def test_a_body_without_end_is_not_read_to_its_end(bounded: App) -> None:
    address = httpx.URL(bounded.url)
    with socket.create_connection((address.host, address.port), timeout=20) as connection:
        connection.sendall(b"POST /generate HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        sent = 0
        with pytest.raises(ConnectionError):
            while sent < 1000 * MAX_BYTES:
                connection.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
                sent += 65536
    assert sent < 1000 * MAX_BYTES


def test_a_body_that_does_not_arrive_is_not_waited_for(bounded: App) -> None:
    address = httpx.URL(bounded.url)
    with socket.create_connection((address.host, address.port), timeout=20) as connection:
        connection.sendall(b'POST /generate HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"prompt"')
        answer = b"".join(iter(lambda: connection.recv(65536), b""))

    assert answer.startswith(b"HTTP/1.1 408")
    assert b"body_timeout" in answer


@pytest.mark.parametrize(
    ("headers", "query", "status"),
    [
        ({f"X-Header-{number}": "x" for number in range(80)}, "", 200),
        ({f"X-Header-{number}": "x" for number in range(120)}, "", 431),
        ({"X-Long": "x" * 30_000}, "", 200),
        ({"X-Long": "x" * 33_000}, "", 431),
        ({}, "x" * 33_000, 431),
    ],
    ids=["some", "many", "long", "too long", "address"],
)
def test_headers_have_limits(
    bounded: App, provider: Provider, headers: dict[str, str], query: str, status: int
) -> None:
    answer = httpx.get(f"{bounded.url}/health?{query}", headers=headers, timeout=20)

    assert answer.status_code == status
    assert answer.headers["X-Request-ID"]


def test_the_request_is_read_before_the_provider_is_asked(bounded: App, provider: Provider) -> None:
    post(bounded, padded(MAX_BYTES * 2))

    assert provider.calls("/v1/chat/completions") == 0
