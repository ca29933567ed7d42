"""What Cloud Run does with a request before an instance gets it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from html import escape

from ...core.proxy import Head, Headers, Plain

_OWN = (b"x-forwarded-", b"forwarded", b"x-cloud-trace-context", b"traceparent")
_TRACE = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-(0[01])")
_HTML = (("content-type", "text/html; charset=UTF-8"),)


def forwarded(head: Head, headers: Headers) -> Headers:
    """The headers that an instance gets: the last of X-Forwarded-For is who really asked."""
    before = head.headers.get("x-forwarded-for")
    clients = f"{before},{head.client}" if before else head.client
    match = _TRACE.fullmatch(head.headers.get("traceparent", ""))
    trace, sampled = (match[1], match[2]) if match else (secrets.token_hex(16), "00")
    span = secrets.token_hex(8)
    kept = [pair for pair in headers if not pair[0].startswith(_OWN)]
    added = {
        "x-forwarded-for": clients,
        "x-forwarded-proto": "http",
        "forwarded": f'for="{head.client}";proto=http',
        "traceparent": f"00-{trace}-{span}-{sampled}",
        "x-cloud-trace-context": f"{trace}/{int(span, 16)};o={int(sampled)}",
    }
    return [*kept, *((name.encode(), value.encode("latin-1")) for name, value in added.items())]


def refusal(head: Head, open_to_all: bool, public: bool, may: Callable[[str], bool]) -> Plain | None:
    """Why this request goes no further, if so.

    ``open_to_all``: the service's ingress takes requests from the internet; ``public``: anyone may invoke;
    ``may``: whether the holder of an identity token may.
    """
    if not open_to_all:
        return _page(404, "Page not found", f"The requested URL {head.target} was not found on this server.")
    if public:
        return None
    kind, _, token = head.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        if may(token):
            return None
        return _page(401, "Unauthorized", "The access token could not be verified.")
    return _page(
        403, "Forbidden", f"Your client does not have permission to get URL {head.target} from this server."
    )


def _page(status: int, title: str, text: str) -> Plain:
    body = (
        f"<html><head><title>{status} {title}</title></head>"
        f"<body><h1>Error: {title}</h1><h2>{escape(text)}</h2></body></html>"
    )
    return Plain(status, body.encode(), _HTML)
