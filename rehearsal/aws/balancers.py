"""The application load balancers' traffic, health checks and draining.

The real one checks its targets' health, keeps connections to them, and lets a target finish its requests
before it is gone. MiniStack calls every target healthy and opens a connection a request in a worker thread,
so the configuration stays MiniStack's and the traffic is ours: a port on loopback for each listener.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from ..core.loop import LoopThread
from ..core.proxy import Head, Headers, Listener, Plain
from ..core.targets import Address, HealthCheck, Target, TargetPool
from . import ministack, routing

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
        self._reserved: dict[str, int] = {}
        self._loop.submit(self._follow())

    def reserve(self, balancer: str) -> int:
        """The port of the balancer's first listener: the one it had, if it comes back under its name.

        Raise ValueError, which fails the resource, if none is left.
        """
        live = {lb["LoadBalancerName"] for _, lb in self._alb._lbs.all_items()} - {balancer}
        taken = {self._reserved[name] for name in live & self._reserved.keys()} | self._open_ports()
        had = self._reserved.get(balancer)
        if had is None or had in taken:
            former = list(self._reserved.values())
            free = sorted(set(self._ports) - taken, key=lambda port: (former.count(port), port))
            if not free:
                raise ValueError(
                    f"no port is left for load balancer {balancer}: all of {self._ports} are taken"
                )
            self._reserved[balancer] = free[0]
        return self._reserved[balancer]

    # Targets, from any thread

    def register(self, group: str, address: Address) -> Target:
        return self._loop.run(self._register(group, address))

    def deregister(self, group: str, target: Target, *, drain: bool = True) -> None:
        """Return when the target has answered what it has, or after the group's delay."""
        pool = self._pools.get(group)
        if pool:
            delay = self._attribute(self._alb._tg_attrs, group, "deregistration_delay.timeout_seconds", 300)
            self._loop.run(pool.deregister(target, float(delay) if drain else 0))

    def submit_deregister(self, group: str, address: Address) -> None:
        """Start to deregister whatever is at the address."""
        pool = self._pools.get(group)
        target = pool.targets.get(address) if pool else None
        if pool and target:
            self._loop.submit(pool.deregister(target, 300))

    def targets(self, group: str) -> list[Target]:
        pool = self._pools.get(group)
        return list(pool.targets.values()) if pool else []

    # In the balancers' loop

    async def _register(self, group: str, address: Address) -> Target:
        return self._pool(group).register(address)

    async def _follow(self) -> None:
        while True:
            await self._sync()
            await asyncio.sleep(_SYNC_SECONDS)

    async def _sync(self) -> None:
        """Open a port for each new listener and close those that are gone."""
        listeners = {arn: listener for (*_, arn), listener in self._alb._listeners.all_items()}
        for arn in self._servers.keys() - listeners.keys():
            self._servers.pop(arn).close()
        for arn in listeners.keys() - self._servers.keys():
            port = self._port_for(arn.split("/")[-3])
            if port is None:
                log.error("no port is left for listener %s: all of %s are taken", arn, self._ports)
                continue
            serve = self._listener(arn)
            self._servers[arn] = await asyncio.start_server(serve, "127.0.0.1", port, backlog=512)
        live = {arn for (*_, arn), _ in self._alb._tgs.all_items()}
        for arn in self._pools.keys() - live:
            self._pools.pop(arn).close()

    def _port_for(self, balancer: str) -> int | None:
        """The balancer's own port for its first listener, then any that no balancer has."""
        taken = self._open_ports()
        own = self._reserved.get(balancer)
        if own is not None and own not in taken:
            return own
        return next((port for port in self._ports if port not in taken | set(self._reserved.values())), None)

    def _open_ports(self) -> set[int]:
        return {_port(server) for server in self._servers.values()}

    def _pool(self, group: str) -> TargetPool:
        check = _health_check(self._record(self._alb._tgs, group))
        pool = self._pools.setdefault(group, TargetPool(check, self.changed))
        pool.check = check
        return pool

    def _listener(self, arn: str) -> Listener:
        def attribute(name: str, default: object) -> str:
            balancer = self._record(self._alb._listeners, arn).get("LoadBalancerArn", "")
            return self._attribute(self._alb._lb_attrs, balancer, name, default)

        def forward(head: Head, headers: Headers) -> Headers:
            mode = attribute("routing.http.xff_header_processing.mode", "append")
            return routing.forwarded(head, headers, self._record(self._alb._listeners, arn), mode)

        def idle() -> float:
            return float(attribute("idle_timeout.timeout_seconds", 60))

        return Listener(lambda head: self._route(arn, head), forward, idle)

    def _route(self, arn: str, head: Head) -> TargetPool | Plain:
        path, _, query = head.target.partition("?")
        rules = [rule for _, rule in self._alb._rules.all_items() if rule["ListenerArn"] == arn]
        for rule in sorted(rules, key=self._alb._rule_sort_key):
            if rule.get("IsDefault") or all(
                self._alb._match_condition(condition, head.method, path, head.headers, parse_qs(query))
                for condition in rule.get("Conditions", [])
            ):
                return self._act(rule["Actions"][-1], arn, head)
        return Plain(503)

    def _act(self, action: dict[str, Any], arn: str, head: Head) -> TargetPool | Plain:
        match action["Type"]:
            case "forward":
                return self._pool(routing.target_group(action))
            case "fixed-response":
                return routing.fixed_response(action)
            case "redirect":
                protocol = self._record(self._alb._listeners, arn).get("Protocol", "HTTP")
                return routing.redirect(action, head, protocol)
            case other:
                return Plain(501, f"{other} is not rehearsed".encode())

    # MiniStack's records: ARNs name the account and region that they are kept under

    @staticmethod
    def _record(store: Any, arn: str) -> Any:
        parts = arn.split(":")
        return (store.get_scoped(parts[4], parts[3], arn) if len(parts) > 4 else None) or {}

    def _attribute(self, store: Any, arn: str, name: str, default: object) -> str:
        values = (item["Value"] for item in self._record(store, arn) if item.get("Key") == name)
        return str(next(values, default))


def _port(server: asyncio.Server) -> int:
    return int(server.sockets[0].getsockname()[1])


def _health_check(group: dict[str, Any]) -> HealthCheck:
    return HealthCheck(
        path=group.get("HealthCheckPath") or "/",
        interval=float(group.get("HealthCheckIntervalSeconds", 30)),
        timeout=float(group.get("HealthCheckTimeoutSeconds", 5)),
        healthy_after=int(group.get("HealthyThresholdCount", 5)),
        unhealthy_after=int(group.get("UnhealthyThresholdCount", 2)),
        codes=str((group.get("Matcher") or {}).get("HttpCode", "200")),
    )
