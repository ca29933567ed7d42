"""What Cloud Run does with a request before an instance gets it."""

from __future__ import annotations

import re
import secrets
from html import escape

from ...core.proxy import Head, Headers, Plain
from ..policies import Policies
from ..rpc import Json
from ..tokens import Tokens

_OWN = (b"x-forwarded-", b"forwarded", b"x-cloud-trace-context", b"traceparent")
_TRACE = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-(0[01])")
_INVOKE = "run.routes.invoke"
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


class Gate:
    """Who may invoke a service: everyone, or who brings an identity token and has the role."""

    def __init__(self, policies: Policies, tokens: Tokens) -> None:
        self._policies, self._tokens = policies, tokens

    def refuse(self, head: Head, name: str, service: Json) -> Plain | None:
        """Why this request goes no further, if so; every caller comes from the internet."""
        if service.get("ingress") != "INGRESS_TRAFFIC_ALL" or service.get("defaultUriDisabled"):
            text = f"The requested URL {head.target} was not found on this server."
            return _page(404, "Page not found", text)
        if service.get("invokerIamDisabled") or self._policies.allow("allUsers", _INVOKE, name):
            return None
        kind, _, token = head.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer":
            text = f"Your client does not have permission to get URL {head.target} from this server."
            return _page(403, "Forbidden", text)
        email = self._tokens.invoker(token)
        if email is None:
            return _page(401, "Unauthorized", "The access token could not be verified.")
        if self._policies.allow(f"serviceAccount:{email}", _INVOKE, name):
            return None
        return _page(403, "Forbidden", f"{email} may not invoke this service.")


def _page(status: int, title: str, text: str) -> Plain:
    body = (
        f"<html><head><title>{status} {title}</title></head>"
        f"<body><h1>Error: {title}</h1><h2>{escape(text)}</h2></body></html>"
    )
    return Plain(status, body.encode(), _HTML)
