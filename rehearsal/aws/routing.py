"""How an application load balancer treats a request: which action, and what it adds on the way. Pure."""

from __future__ import annotations

import random
import secrets
import time
from typing import Any

from ..core.proxy import Head, Headers, Plain

Json = dict[str, Any]


def target_group(action: Json) -> str:
    """The ARN of the group that a forward action chooses, by weight where there are several."""
    groups = (action.get("ForwardConfig") or {}).get("TargetGroups") or []
    if len(groups) < 2:
        return str(action.get("TargetGroupArn") or groups[0]["TargetGroupArn"])
    weights = [int(group.get("Weight", 1)) for group in groups]
    return str(random.choices(groups, weights)[0]["TargetGroupArn"])  # noqa: S311  not a secret


def fixed_response(action: Json) -> Plain:
    fixed = action.get("FixedResponseConfig", {})
    headers = (("content-type", str(fixed.get("ContentType", "text/plain"))),)
    return Plain(int(fixed.get("StatusCode", 200)), str(fixed.get("MessageBody", "")).encode(), headers)


def redirect(action: Json, head: Head, protocol: str) -> Plain:
    """``#{host}`` and its kin take the request's own values."""
    config = action.get("RedirectConfig", {})
    path, _, query = head.target.partition("?")
    host, _, port = head.headers.get("host", "").partition(":")
    given = {
        "protocol": protocol.lower(),
        "host": host,
        "port": port or "80",
        "path": path[1:],
        "query": query,
    }

    def filled(name: str, default: str) -> str:
        text = str(config.get(name, default))
        for key, value in given.items():
            text = text.replace(f"#{{{key}}}", value)
        return text

    location = f"{filled('Protocol', '#{protocol}').lower()}://{filled('Host', '#{host}')}"
    location += f":{filled('Port', '#{port}')}{filled('Path', '/#{path}')}"
    if wanted := filled("Query", "#{query}"):
        location += f"?{wanted}"
    status = int(str(config.get("StatusCode", "HTTP_301")).removeprefix("HTTP_"))
    return Plain(status, b"", (("location", location),))


def forwarded(head: Head, headers: Headers, listener: Json, mode: str) -> Headers:
    """The headers that a target gets; ``mode`` is ``append``, ``preserve`` or ``remove``."""
    kept = [pair for pair in headers if not pair[0].startswith((b"x-forwarded-", b"x-amzn-trace-id"))]
    before = head.headers.get("x-forwarded-for")
    if mode == "append":
        before = f"{before}, {head.client}" if before else head.client
    if before and mode != "remove":
        kept.append((b"x-forwarded-for", before.encode("latin-1")))
    fresh = f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    return [
        *kept,
        (b"x-forwarded-proto", str(listener.get("Protocol", "HTTP")).lower().encode()),
        (b"x-forwarded-port", str(listener.get("Port", 80)).encode()),
        (b"x-amzn-trace-id", head.headers.get("x-amzn-trace-id", fresh).encode("latin-1")),
    ]
