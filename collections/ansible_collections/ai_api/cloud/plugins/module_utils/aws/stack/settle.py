"""Bringing the ECS services of a stack to rest on the task definition that the stack gave them.

CloudFormation itself waits for that, but not everywhere (stand-ins report a stack complete before), and
afterwards a circuit breaker or a person may have sent a service back without the stack knowing.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, cast

from ...core.changes import Change
from ...core.errors import CloudError
from ..errors import explained
from .job import Job
from .rollout import Crashes, Rollout, Verdict, crashed, evidence, primary_of

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_ecs.type_defs import ServiceTypeDef, TaskTypeDef


class Services:
    def __init__(self, job: Job) -> None:
        self._job = job
        self._api = cast("ECSClient", job.connect("ecs"))

    def settle(self, rollout: Rollout, *, push: bool) -> Change | None:
        """Wait until the service runs what the stack says; CloudError with the reasons if it cannot.

        ``push`` sets one that has strayed on its way again, and tells that as a change.
        """
        service, change = self._read(rollout), None
        verdict = rollout.judge(service)
        if push and verdict in {Verdict.ELSEWHERE, Verdict.FAILED}:
            primary = primary_of(service)
            running = f"{primary['taskDefinition'] if primary else 'nothing'} ({verdict.value})"
            change = Change(rollout.logical_id, "(running)", running, rollout.task_definition)
            service = service if self._job.check else self._push(rollout)
        if not self._job.check:
            self._wait(rollout, service)
        return change

    def why(self, logical_id: str, since: datetime) -> str:
        """What ECS tells ``since`` then about a service that CloudFormation could not bring up.

        Nothing where it cannot tell.
        """
        with suppress(CloudError):  # it must not hide the failure that it explains
            arn = self._job.stack.physical_ids().get(logical_id, "")
            cluster = arn.split("/")[-2] if arn.count("/") > 1 else "default"
            if arn and (service := self._find(cluster, arn)):
                stopped = [task for task in self._stopped(cluster, arn) if crashed(task)]
                return evidence(
                    {**service, "events": [each for each in service["events"] if each["createdAt"] >= since]},
                    [task for task in stopped if task.get("stoppedAt", since) >= since],
                )
        return ""

    def _push(self, rollout: Rollout) -> ServiceTypeDef:
        with explained("roll out", self._called(rollout)):
            return self._api.update_service(
                cluster=rollout.cluster,
                service=rollout.service,
                taskDefinition=rollout.task_definition,
                forceNewDeployment=True,
            )["service"]

    def _wait(self, rollout: Rollout, service: ServiceTypeDef) -> None:
        crashes = Crashes()
        for waited in self._job.deadline.polls():
            service = self._read(rollout) if waited else service
            verdict = rollout.judge(service)
            if verdict is Verdict.SETTLED and crashes.are_over(waited):
                return
            stopped = self._stopped_of(rollout)
            crashes.note(stopped, waited)
            if verdict in {Verdict.ELSEWHERE, Verdict.FAILED} or crashes.are_too_many:
                raise self._failure(rollout, service, "failed", stopped)
            running = f"{service['runningCount']} of {service['desiredCount']} tasks run"
            self._job.progress.say(
                f"{self._job.stack.name}: {rollout.logical_id} rolling out, {running}", waited
            )
        raise self._failure(
            rollout,
            service,
            f"is not complete after {self._job.deadline.seconds:.0f} s",
            self._stopped_of(rollout),
        )

    def _failure(
        self, rollout: Rollout, service: ServiceTypeDef, how: str, stopped: list[TaskTypeDef]
    ) -> CloudError:
        why = evidence(service, stopped)
        kept = (
            "the version before keeps serving"
            if rollout.judge(service) is Verdict.ELSEWHERE
            else "it keeps trying"
        )
        return CloudError(
            f"The roll-out of {self._called(rollout)} {how}" + (f": {why}" if why else ""),
            next_step=f"Read the container's logs, correct the image or its settings and run again; {kept}.",
        )

    def _read(self, rollout: Rollout) -> ServiceTypeDef:
        if service := self._find(rollout.cluster, rollout.service):
            return service
        raise CloudError(
            f"{self._called(rollout)} is gone, although its stack declares it",
            next_step=f"Delete stack {self._job.stack.name} (the role's clean-up does) and deploy again.",
        )

    def _find(self, cluster: str, service: str) -> ServiceTypeDef | None:
        with explained("read", f"ECS service {service}"):
            found = self._api.describe_services(cluster=cluster, services=[service])["services"]
        return found[0] if found and found[0]["status"] == "ACTIVE" else None

    def _stopped(self, cluster: str, service: str) -> list[TaskTypeDef]:
        """The tasks of the service that have ended, the last one first."""
        with explained("read the tasks of", f"ECS service {service}"):
            name = service.rsplit("/", 1)[-1]
            listed = self._api.list_tasks(cluster=cluster, serviceName=name, desiredStatus="STOPPED")
            arns = listed["taskArns"]
            tasks = self._api.describe_tasks(cluster=cluster, tasks=arns[:100])["tasks"] if arns else []
        return sorted(tasks, key=lambda task: str(task.get("stoppedAt", "")), reverse=True)

    def _stopped_of(self, rollout: Rollout) -> list[TaskTypeDef]:
        tasks = self._stopped(rollout.cluster, rollout.service)
        return [task for task in tasks if task["taskDefinitionArn"] == rollout.task_definition]

    def _called(self, rollout: Rollout) -> str:
        return f"ECS service {rollout.service.rsplit('/', 1)[-1]}"
