"""Who is asking: the address that the outermost trusted proxy vouches for."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

from starlette.datastructures import Headers
from starlette.types import Scope


def client_address(scope: Scope, trusted_hops: int) -> str:
    """The client's address, behind ``trusted_hops`` proxies that each append to X-Forwarded-For.

    Only the last ``trusted_hops`` entries were written by proxies of ours; what stands left of them
    was sent by the client and proves nothing. With fewer entries the request has not come through
    all of them, and then only the peer itself is certain.
    """
    peer: str = scope["client"][0] if scope.get("client") else "unknown"
    if not trusted_hops:
        return peer
    lines = Headers(scope=scope).getlist("x-forwarded-for")
    entries = [entry.strip() for entry in ",".join(lines).split(",")]
    if len(entries) < trusted_hops:
        return peer
    return _without_port(entries[-trusted_hops]) or peer


def limit_key(address: str) -> str:
    """What counts as one client: an IPv4 address, or the /64 network that an IPv6 client owns."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if not isinstance(ip, IPv6Address):
        return address
    return str(ip.ipv4_mapped or IPv6Address(int(ip) >> 64 << 64))


def _without_port(entry: str) -> str:
    """``1.2.3.4:5`` and ``[::1]:5`` as some proxies write them; an empty text when it is no address."""
    if entry.startswith("["):
        entry = entry[1:].partition("]")[0]
    elif entry.count(":") == 1:
        entry = entry.partition(":")[0]
    try:
        return str(ip_address(entry))
    except ValueError:
        return ""
