"""The load balancing API's calls about targets, which MiniStack answers without looking at them."""

from __future__ import annotations

from typing import Any

from . import ministack
from .balancers import Balancers

_MEMBER = (
    "<member><Target><Id>{0}</Id><Port>{1}</Port></Target><HealthCheckPort>{1}</HealthCheckPort>"
    "<TargetHealth><State>{2}</State><Description>{3}</Description></TargetHealth></member>"
)


def install(balancers: Balancers) -> None:
    """Raise VersionError if MiniStack does not know these calls."""
    alb = ministack.service("alb")

    def for_group(params: Any, action: str, work: Any) -> Any:
        group = alb._p(params, "TargetGroupArn")
        record = alb._tgs.get(group)
        if record is None:
            return alb._error("TargetGroupNotFound", f"Target group '{group}' not found")
        for target in alb._parse_targets_param(params):
            work(group, (target["Id"], int(target.get("Port") or record["Port"])))
        return alb._empty(action)

    def register(params: Any) -> Any:
        return for_group(params, "RegisterTargets", balancers.register)

    def deregister(params: Any) -> Any:
        return for_group(params, "DeregisterTargets", balancers.submit_deregister)

    def describe(params: Any) -> Any:
        group = alb._p(params, "TargetGroupArn")
        if alb._tgs.get(group) is None:
            return alb._error("TargetGroupNotFound", f"Target group '{group}' not found")
        members = "".join(
            _MEMBER.format(*target.address, target.state, target.reason)
            for target in balancers.targets(group)
        )
        content = f"<TargetHealthDescriptions>{members}</TargetHealthDescriptions>"
        return alb._xml(200, "DescribeTargetHealth", content)

    ours = {"RegisterTargets": register, "DeregisterTargets": deregister, "DescribeTargetHealth": describe}
    if unknown := ours.keys() - alb._ACTION_MAP.keys():
        raise ministack.VersionError(f"ministack's load balancers do not know {', '.join(sorted(unknown))}")
    alb._ACTION_MAP.update(ours)
