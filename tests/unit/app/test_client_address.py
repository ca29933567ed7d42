from __future__ import annotations

import pytest

from app.client_address import client_address, limit_key

PEER = "10.0.0.5"


@pytest.mark.parametrize(
    ("hops", "forwarded", "expected"),
    [
        (0, [], PEER),
        (0, ["198.51.100.1"], PEER),
        (1, [], PEER),
        (1, ["203.0.113.9"], "203.0.113.9"),
        (1, ["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
        (1, ["198.51.100.1", "203.0.113.9"], "203.0.113.9"),
        (1, ["198.51.100.1, "], PEER),
        (1, ["not an address"], PEER),
        (1, ["203.0.113.9:4711"], "203.0.113.9"),
        (1, ["[2001:db8::1]:4711"], "2001:db8::1"),
        (1, ["2001:DB8::1"], "2001:db8::1"),
        (2, ["203.0.113.9"], PEER),
        (2, ["198.51.100.1, 203.0.113.9, 192.0.2.7"], "203.0.113.9"),
    ],
)
def test_the_outermost_trusted_proxy_decides(hops: int, forwarded: list[str], expected: str) -> None:
    headers = [(b"x-forwarded-for", line.encode()) for line in forwarded]

    assert client_address({"type": "http", "client": (PEER, 1), "headers": headers}, hops) == expected


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("unknown", "unknown"),
    ],
)
def test_an_ipv6_network_is_one_client(address: str, key: str) -> None:
    assert limit_key(address) == key


@pytest.mark.parametrize(
    ("hops", "written"),
    [
        (1, "{forged}, {client}"),  # ALB, and Cloud Run by its own address: append
        (2, "{forged}, {client}, 35.191.0.1"),  # Cloud Run behind Google's load balancer: both append
        (1, "{client}"),  # Container Apps: overwrites what came
    ],
    ids=["ALB and Cloud Run", "Google's load balancer", "Container Apps"],
)
def test_a_forged_header_leads_to_the_same_client_on_every_cloud(hops: int, written: str) -> None:
    def seen(client: str, forged: str) -> str:
        header = written.format(client=client, forged=forged).encode()
        return client_address({"client": (PEER, 1), "headers": [(b"x-forwarded-for", header)]}, hops)

    forgeries = ["198.51.100.1", "203.0.113.2", "1.1.1.1, 2.2.2.2", "", "unknown", "127.0.0.1"]
    assert {seen("203.0.113.1", forged) for forged in forgeries} == {"203.0.113.1"}
    assert seen("203.0.113.2", forgeries[0]) == "203.0.113.2"
