"""Why a revision of a Cloud Run service does not serve."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import ApiError

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


def explained(shown: str, service: Mapping[str, Any], error: ApiError | None) -> ApiError:
    """``error`` is that of the operation, if it had one, with what the ``service`` says about it."""
    if not failed(service):
        return error or ApiError(f"{shown} failed and does not say why", status="UNKNOWN")
    reason = next(_reasons(service), "")
    summary = error.summary if error else f"{shown} does not serve as declared"
    said = [message for message in _messages(service) if message not in summary]
    ready = str(service.get("latestReadyRevision") or "").rpartition("/")[2]
    kept = f"revision {ready} keeps the traffic" if ready else "nothing serves yet"
    return ApiError(
        "; ".join([summary, *said, kept]),
        status=error.status if error else "FAILED_PRECONDITION",
        reason=reason or (error.reason if error else ""),
        request_id=error.request_id if error else None,
        next_step=_NEXT_STEPS.get(reason, _OTHERWISE),
    )


def _conditions(service: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for each in [service["terminalCondition"], *(service.get("conditions") or [])]:
        if each.get("state") == FAILED:
            yield each


def _messages(service: Mapping[str, Any]) -> list[str]:
    said = (str(each.get("message") or "").strip().rstrip(".") for each in _conditions(service))
    return list(dict.fromkeys(message for message in said if message))


def _reasons(service: Mapping[str, Any]) -> Iterator[str]:
    for each in _conditions(service):
        yield from filter(None, (each.get("revisionReason"), each.get("reason")))
