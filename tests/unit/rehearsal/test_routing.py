"""What a load balancer does to a request, as values."""

from __future__ import annotations

from collections import Counter

import pytest

from rehearsal.aws.routing import fixed_response, forwarded, redirect, target_group
from rehearsal.core.proxy import Head

HEAD = Head("GET", "/a/b?c=1", {"host": "name:8080", "x-forwarded-for": "1.2.3.4"}, "10.0.0.9")
LISTENER = {"Protocol": "HTTP", "Port": 80}


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("append", "1.2.3.4, 10.0.0.9"), ("preserve", "1.2.3.4"), ("remove", None)],
)
def test_the_client_address_is_passed_on_as_configured(mode: str, expected: str | None) -> None:
    given = [(b"x-forwarded-for", b"1.2.3.4"), (b"x-forwarded-proto", b"https"), (b"accept", b"*/*")]
    headers = dict(forwarded(HEAD, given, LISTENER, mode))
    assert headers.get(b"x-forwarded-for") == (expected.encode() if expected else None)
    assert headers[b"x-forwarded-proto"] == b"http"
    assert headers[b"x-forwarded-port"] == b"80"
    assert headers[b"accept"] == b"*/*"
    assert headers[b"x-amzn-trace-id"].startswith(b"Root=1-")


def test_weights_share_requests_out() -> None:
    groups = [{"TargetGroupArn": "old", "Weight": 0}, {"TargetGroupArn": "new", "Weight": 1}]
    action = {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}
    assert Counter(target_group(action) for _ in range(20)) == {"new": 20}
    assert target_group({"Type": "forward", "TargetGroupArn": "only"}) == "only"


def test_a_redirect_keeps_what_it_does_not_change() -> None:
    config = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_302"}
    plain = redirect({"RedirectConfig": config}, HEAD, "HTTP")
    assert (plain.status, dict(plain.headers)["location"]) == (302, "https://name:443/a/b?c=1")


def test_a_fixed_response_is_what_it_says() -> None:
    config = {"StatusCode": "403", "MessageBody": "no", "ContentType": "text/html"}
    plain = fixed_response({"FixedResponseConfig": config})
    assert (plain.status, plain.body, plain.headers) == (403, b"no", (("content-type", "text/html"),))
