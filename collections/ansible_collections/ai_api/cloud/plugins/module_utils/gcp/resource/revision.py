"""Why a revision of a Cloud Run service does not serve."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import ApiError
from .job import Job

Condition = Mapping[str, Any]

FAILED, SUCCEEDED = "CONDITION_FAILED", "CONDITION_SUCCEEDED"
FIELD = "template"  # of a service, which a new revision is made of
NO_ROLE = "SECRETS_ACCESS_CHECK_FAILED"
_NEXT_STEPS = {
    "HEALTH_CHECK_CONTAINER_ERROR": "Read what the container wrote (service_logs), correct it, and re-run.",
    "CONTAINER_MISSING": "Push the image first (image_push), or correct its reference, and re-run.",
    "CONTAINER_PERMISSION_DENIED": "Let Cloud Run's service agent read the repository, and re-run.",
    "CONTAINER_IMAGE_UNAUTHORIZED": "Let Cloud Run's service agent read the repository, and re-run.",
    NO_ROLE: "Give the service's account roles/secretmanager.secretAccessor on the secret, and re-run.",
}
_OTHERWISE = "Correct what it names and re-run: a new revision is made then."


def failed(service: Mapping[str, Any]) -> bool:
    """Whether what was asked for last did not come to serve."""
    return bool((service.get("terminalCondition") or {}).get("state") == FAILED)


def explained(job: Job, service: Mapping[str, Any], error: ApiError | None) -> ApiError:
    """``error`` is that of the operation, if it had one, with what service and revision say about it."""
    if error and not failed(service):
        return error
    conditions = [*_failed_conditions(_newest(job, service)), *_failed_conditions(service)]
    reason = next(_reasons(conditions), "")
    summary = error.summary if error else f"{job.shown} does not serve as declared"
    said = [message for message in _messages(conditions) if message not in summary]
    ready = str(service.get("latestReadyRevision") or "").rpartition("/")[2]
    kept = f"revision {ready} keeps the traffic" if ready else "nothing serves yet"
    return ApiError(
        "; ".join([summary, *said, kept]),
        status=error.status if error else "FAILED_PRECONDITION",
        reason=reason or (error.reason if error else ""),
        request_id=error.request_id if error else None,
        next_step=_NEXT_STEPS.get(reason, _OTHERWISE),
    )


def _newest(job: Job, service: Mapping[str, Any]) -> Mapping[str, Any]:
    """The revision that was made last; what ails it, it says itself."""
    name = service.get("latestCreatedRevision")
    found = job.session.find(job.kind.api, f"{job.kind.prefix}{name}", f"the revision of {job.shown}")
    return found or {}


def _failed_conditions(resource: Mapping[str, Any]) -> Iterator[Condition]:
    """A service also has one that sums up the others."""
    for each in [resource.get("terminalCondition") or {}, *(resource.get("conditions") or [])]:
        if each.get("state") == FAILED:
            yield each


def _messages(conditions: list[Condition]) -> list[str]:
    """Each once, also where one repeats another within more words."""
    said = [str(each.get("message") or "").strip().rstrip(".") for each in conditions]
    longest = sorted({message for message in said if message}, key=len, reverse=True)
    return [one for at, one in enumerate(longest) if not any(one in other for other in longest[:at])]


def _reasons(conditions: list[Condition]) -> Iterator[str]:
    for each in conditions:
        yield from filter(None, (each.get("revisionReason"), each.get("reason")))
