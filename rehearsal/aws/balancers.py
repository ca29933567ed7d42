"""The application load balancers' traffic, health checks and draining.

The real one checks its targets' health, keeps connections to them, and lets a target finish its requests
before it is gone. MiniStack calls every target healthy and opens a connection a request in a worker thread,
so the configuration stays MiniStack's and the traffic is ours: a port on loopback for each listener.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from ..core.loop import LoopThread
from ..core.proxy import Head, Headers, Listener, Plain
from ..core.targets import Address, HealthCheck, Target, TargetPool
from . import ministack, routing
from .listeners import Listeners

_NO_TARGETS = Plain(503, b"Service Temporarily Unavailable")


class Balancers:
    """Listeners and target groups as MiniStack's configuration says. ``changed`` hears of target health."""

    changed: Callable[[], None] = staticmethod(lambda: None)

    def __init__(self, ports: list[int]) -> None:
        self._alb = ministack.service("alb")
        self._loop = LoopThread("load-balancers")
        self._pools: dict[str, TargetPool] = {}
        self._listeners = Listeners(ports, self._listener)
        self._loop.submit(self._listeners.follow())

    def reserve(self, arn: str) -> int:
        """The port of a load balancer's first listener. Raise ValueError if none is left."""
        return self._loop.run(self._listeners.reserve(arn))

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
        await self._listeners.sync()  # who waits for a healthy target must find its listener open
        for gone in [arn for arn in self._pools if not self._record(self._alb._tgs, arn)]:
            self._pools.pop(gone).close()
        if group not in self._pools:
            self._pools[group] = TargetPool(lambda: self._health_check(group), self.changed)
        return self._pools[group].register(address)

    def _health_check(self, group: str) -> HealthCheck:
        record = self._record(self._alb._tgs, group)
        return HealthCheck(
            path=record.get("HealthCheckPath") or "/",
            interval=float(record.get("HealthCheckIntervalSeconds", 30)),
            timeout=float(record.get("HealthCheckTimeoutSeconds", 5)),
            healthy_after=int(record.get("HealthyThresholdCount", 5)),
            unhealthy_after=int(record.get("UnhealthyThresholdCount", 2)),
            codes=str((record.get("Matcher") or {}).get("HttpCode", "200")),
        )

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
        return _NO_TARGETS

    def _act(self, action: dict[str, Any], arn: str, head: Head) -> TargetPool | Plain:
        match action["Type"]:
            case "forward":
                return self._pools.get(routing.target_group(action)) or _NO_TARGETS
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
