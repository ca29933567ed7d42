"""CloudFormation's load balancer type: its DNS name is one that this machine can use.

The real one gets a public name. Here it is the address of its first listener, ``127.0.0.1:<port>``, so that
the URL which a stack puts out is one that callers reach.
"""

from __future__ import annotations

from typing import Any

from . import ministack
from .balancers import Balancers

TYPE = "AWS::ElasticLoadBalancingV2::LoadBalancer"


def install(balancers: Balancers) -> None:
    records = ministack.service("alb")._lbs
    handlers = ministack.service("cloudformation.provisioners")._RESOURCE_HANDLERS[TYPE]
    original = handlers["create"]

    def create(logical_id: str, properties: dict[str, Any], stack: str) -> tuple[str, dict[str, Any]]:
        arn, attributes = original(logical_id, properties, stack)
        address = f"127.0.0.1:{balancers.reserve(arn)}"
        records[arn]["DNSName"] = address
        return arn, {**attributes, "DNSName": address}

    handlers["create"] = create
