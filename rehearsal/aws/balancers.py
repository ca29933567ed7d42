"""The application load balancers' traffic, health checks and draining.

The real one checks its targets' health, keeps connections to them, and lets a target finish its requests
before it is gone. MiniStack calls every target healthy and opens a connection a request in a worker thread,
so the configuration stays MiniStack's and the traffic is ours: a port on loopback for each listener.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from ..core.loop import LoopThread
from ..core.proxy import Head, Headers, Listener, Plain
from ..core.targets import Address, HealthCheck, TargetPool
from . import ministack

log = logging.getLogger("balancers")
_SYNC_SECONDS = 0.5


class Balancers:
    """Listeners and target groups as MiniStack's configuration says. ``changed`` hears of target health."""

    changed: Callable[[], None] = staticmethod(lambda: None)

    def __init__(self, ports: list[int]) -> None:
        self._alb = ministack.service("alb")
        self._ports = ports
        self._loop = LoopThread("load-balancers")
        self._pools: dict[str, TargetPool] = {}
        self._servers: dict[str, asyncio.Server] = {}
        self._assigned: dict[str, int] = {}
        for action, ours in (
            ("RegisterTargets", self._register_targets),
            ("DeregisterTargets", self._deregister_targets),
            ("DescribeTargetHealth", self._describe_target_health),
        ):
            if action not in self._alb._ACTION_MAP:
                raise ministack.VersionError(f"ministack's load balancers do not know {action}")
            self._alb._ACTION_MAP[action] = ours
        self._loop.submit(self._follow())

    # Configuration

    async def _follow(self) -> None:
        """Open a port for each new listener and close those that are gone, for ever."""
        while True:
            await self._sync()
            await asyncio.sleep(_SYNC_SECONDS)

    async def _sync(self) -> None:
        listeners = {arn: listener for (*_, arn), listener in self._alb._listeners.all_items()}
        for arn in self._servers.keys() - listeners.keys():
            self._servers.pop(arn).close()
        for arn in listeners.keys() - self._servers.keys():
            name = f"{arn.split('/')[-3]}:{listeners[arn]['Port']}"
            port = self._free_port(name)
            if port is None:
                log.error("no port is left for listener %s: all of %s are taken", name, self._ports)
                continue
            self._servers[arn] = await asyncio.start_server(
                self._listener(arn), "127.0.0.1", port, backlog=512
            )
        live = {arn for (*_, arn), _ in self._alb._tgs.all_items()}
        for arn in self._pools.keys() - live:
            self._pools.pop(arn).close()

    def _free_port(self, name: str) -> int | None:
        """A load balancer that comes back under its name gets the port that it had."""
        taken = {self._port(server) for server in self._servers.values()}
        kept = self._assigned.get(name)
        if kept in taken or kept is None:
            reserved = taken | set(self._assigned.values())
            free = [port for port in self._ports if port not in reserved] or [
                port for port in self._ports if port not in taken
            ]
            if not free:
                return None
            kept = self._assigned[name] = free[0]
        return kept

    @staticmethod
    def _port(server: asyncio.Server) -> int:
        return int(server.sockets[0].getsockname()[1])

    def urls(self) -> dict[str, str]:
        """DNS name of each load balancer -> URL of its first listener on this machine."""
        self._loop.run(self._sync())
        names = {arn: lb["DNSName"] for (*_, arn), lb in self._alb._lbs.all_items()}
        listeners = sorted(self._alb._listeners.all_items(), key=lambda item: -item[1]["Port"])
        return {
            names[listener["LoadBalancerArn"]]: f"http://127.0.0.1:{self._port(self._servers[arn])}"
            for (*_, arn), listener in listeners
            if listener["LoadBalancerArn"] in names
        }

    # Targets, from any thread

    def register(self, group: str, address: Address) -> None:
        self._loop.run(self._register(group, address))

    async def _register(self, group: str, address: Address) -> None:
        self._pool(group).register(address)

    def deregister(self, group: str, address: Address, *, drain: bool = True) -> None:
        """Wait until the target has answered what it has, but no longer than the group's delay."""
        delay = float(
            self._attribute(self._alb._tg_attrs, group, "deregistration_delay.timeout_seconds", 300)
        )
        pool = self._pools.get(group)
        if pool:
            self._loop.run(pool.deregister(address, delay if drain else 0))

    def state(self, group: str, address: Address) -> str:
        """``initial``, ``healthy``, ``unhealthy``, ``draining`` or, when it is not registered, ``unused``."""
        pool = self._pools.get(group)
        target = pool.targets.get(address) if pool else None
        return target.state if target else "unused"

    def requests(self, group: str) -> int:
        """How many requests the group's present targets have had."""
        pool = self._pools.get(group)
        return sum(target.requests for target in pool.targets.values()) if pool else 0

    def _pool(self, group: str) -> TargetPool:
        check = _health_check(self._find(self._alb._tgs, group) or {})
        pool = self._pools.setdefault(group, TargetPool(check, self.changed))
        pool.check = check
        return pool

    # Traffic, in the balancers' loop

    def _listener(self, arn: str) -> Listener:
        def balancer() -> str:
            return str((self._find(self._alb._listeners, arn) or {}).get("LoadBalancerArn", ""))

        def forward(head: Head, headers: Headers) -> Headers:
            listener = self._find(self._alb._listeners, arn) or {}
            return self._forwarded(balancer(), listener, head, headers)

        def idle() -> float:
            return float(self._attribute(self._alb._lb_attrs, balancer(), "idle_timeout.timeout_seconds", 60))

        return Listener(lambda head: self._route(arn, head), forward, idle)

    def _route(self, arn: str, head: Head) -> TargetPool | Plain:
        path, _, query = head.target.partition("?")
        rules = [rule for (*_, _), rule in self._alb._rules.all_items() if rule["ListenerArn"] == arn]
        for rule in sorted(rules, key=self._alb._rule_sort_key):
            matches = all(
                self._alb._match_condition(condition, head.method, path, head.headers, parse_qs(query))
                for condition in rule.get("Conditions", [])
            )
            if rule.get("IsDefault") or matches:
                return self._act(rule["Actions"][-1], head)
        return Plain(503)

    def _act(self, action: dict[str, Any], head: Head) -> TargetPool | Plain:
        kind = action["Type"]
        if kind == "forward":
            return self._pool(_weighted(action))
        if kind == "fixed-response":
            fixed = action.get("FixedResponseConfig", {})
            headers = (("content-type", fixed.get("ContentType", "text/plain")),)
            return Plain(int(fixed.get("StatusCode", 200)), fixed.get("MessageBody", "").encode(), headers)
        if kind == "redirect":
            return _redirect(action.get("RedirectConfig", {}), head)
        return Plain(502, f"{kind} is not rehearsed".encode())

    def _forwarded(self, balancer: str, listener: dict[str, Any], head: Head, headers: Headers) -> Headers:
        kept = [pair for pair in headers if not pair[0].startswith((b"x-forwarded-", b"x-amzn-trace-id"))]
        before = head.headers.get("x-forwarded-for")
        mode = self._attribute(
            self._alb._lb_attrs, balancer, "routing.http.xff_header_processing.mode", "append"
        )
        if mode == "append":
            before = f"{before}, {head.client}" if before else head.client
        if before and mode != "remove":
            kept.append((b"x-forwarded-for", before.encode("latin-1")))
        trace = (
            head.headers.get("x-amzn-trace-id")
            or f"Root=1-{int(time.time()):08x}-{secrets.token_bytes(12).hex()}"
        )
        return [
            *kept,
            (b"x-forwarded-proto", str(listener.get("Protocol", "HTTP")).lower().encode()),
            (b"x-forwarded-port", str(listener.get("Port", 80)).encode()),
            (b"x-amzn-trace-id", trace.encode("latin-1")),
        ]

    # MiniStack's records

    @staticmethod
    def _find(store: Any, arn: str) -> dict[str, Any] | None:
        account, region = arn.split(":")[4:5] or [""], arn.split(":")[3:4] or [""]
        found: dict[str, Any] | None = store.get_scoped(account[0], region[0], arn)
        return found

    def _attribute(self, store: Any, arn: str, name: str, default: object) -> str:
        attributes = self._find(store, arn) or []
        values = (a["Value"] for a in attributes if isinstance(a, dict) and a.get("Key") == name)
        return str(next(values, default))

    # The API's calls about targets

    def _register_targets(self, params: Any) -> Any:
        return self._for_group(params, "RegisterTargets", self.register)

    def _deregister_targets(self, params: Any) -> Any:
        def start(group: str, address: Address) -> None:
            pool = self._pools.get(group)
            if pool:
                self._loop.submit(pool.deregister(address, 300))

        return self._for_group(params, "DeregisterTargets", start)

    def _for_group(self, params: Any, action: str, work: Callable[[str, Address], None]) -> Any:
        group = self._alb._p(params, "TargetGroupArn")
        record = self._alb._tgs.get(group)
        if record is None:
            return self._alb._error("TargetGroupNotFound", f"Target group '{group}' not found")
        for target in self._alb._parse_targets_param(params):
            work(group, (target["Id"], int(target.get("Port") or record["Port"])))
        return self._alb._empty(action)

    def _describe_target_health(self, params: Any) -> Any:
        group = self._alb._p(params, "TargetGroupArn")
        if self._alb._tgs.get(group) is None:
            return self._alb._error("TargetGroupNotFound", f"Target group '{group}' not found")
        pool = self._pools.get(group)
        members = "".join(
            f"<member><Target><Id>{target.address[0]}</Id><Port>{target.address[1]}</Port></Target>"
            f"<HealthCheckPort>{target.address[1]}</HealthCheckPort>"
            f"<TargetHealth><State>{target.state}</State><Description>{target.reason}</Description>"
            "</TargetHealth></member>"
            for target in (list(pool.targets.values()) if pool else [])
        )
        return self._alb._xml(
            200, "DescribeTargetHealth", f"<TargetHealthDescriptions>{members}</TargetHealthDescriptions>"
        )


def _health_check(group: dict[str, Any]) -> HealthCheck:
    return HealthCheck(
        path=group.get("HealthCheckPath") or "/",
        interval=float(group.get("HealthCheckIntervalSeconds", 30)),
        timeout=float(group.get("HealthCheckTimeoutSeconds", 5)),
        healthy_after=int(group.get("HealthyThresholdCount", 5)),
        unhealthy_after=int(group.get("UnhealthyThresholdCount", 2)),
        codes=str((group.get("Matcher") or {}).get("HttpCode", "200")),
    )


def _weighted(action: dict[str, Any]) -> str:
    groups = (action.get("ForwardConfig") or {}).get("TargetGroups") or []
    if len(groups) < 2:
        return str(action.get("TargetGroupArn") or groups[0]["TargetGroupArn"])
    weights = [int(group.get("Weight", 1)) for group in groups]
    return str(random.choices(groups, weights)[0]["TargetGroupArn"])  # noqa: S311  not a secret


def _redirect(config: dict[str, Any], head: Head) -> Plain:
    path, _, query = head.target.partition("?")
    given = {
        "protocol": "http",
        "host": head.headers.get("host", "").partition(":")[0],
        "port": head.headers.get("host", "").partition(":")[2] or "80",
        "path": path.lstrip("/"),
        "query": query,
    }

    def filled(name: str, default: str) -> str:
        text = str(config.get(name, default))
        for key, value in given.items():
            text = text.replace(f"#{{{key}}}", value)
        return text

    location = f"{filled('Protocol', '#{protocol}').lower()}://{filled('Host', '#{host}')}"
    location += f":{filled('Port', '#{port}')}{filled('Path', '/#{path}')}"
    query = filled("Query", "#{query}")
    status = int(str(config.get("StatusCode", "HTTP_301")).removeprefix("HTTP_"))
    return Plain(status, b"", (("location", f"{location}?{query}" if query else location),))
