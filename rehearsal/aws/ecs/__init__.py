"""ECS services as Fargate runs them: real containers, health, draining, roll-outs and roll-backs.

MiniStack keeps the records and answers the API. What happens to tasks is decided and done here, because
its own scheduler completes a roll-out that no load balancer has found healthy, stops containers before
their targets have drained, asks the engine about each container ten times a second, and applies no limits.
"""
