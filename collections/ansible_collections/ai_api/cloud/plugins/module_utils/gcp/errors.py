"""Google's errors, said so that someone on call can act on them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from ..core.errors import CloudError
from ..core.patience import Cause, PassingError

_DENIED = (
    "Grant the identity that deploys a role that allows it (README, permissions), on the project, and re-run."
)
_BUSY = "Google is still refusing after every retry: wait a minute and re-run; what is done stays done."
_FIELDS = "Correct the field that is named above and re-run."
_LOGIN = (
    "Set credentials_file of the target to a valid key or workload identity federation file, or log in "
    "(`gcloud auth application-default login`), and re-run."
)
_EXPIRED = "The access token has expired: log in again (`gcloud auth application-default login`) and re-run."
_PROJECT = "Correct the target's project: it is an id such as my-project-123, and the identity must see it."

# ErrorInfo's reason, else the canonical status -> what to do now.
NEXT_STEPS: dict[str, str] = {
    "SERVICE_DISABLED": "Enable it (gcp_services; the platform role does) and re-run.",
    "BILLING_DISABLED": "Attach a billing account to the project and re-run.",
    "CONSUMER_INVALID": _PROJECT,
    "USER_PROJECT_DENIED": _PROJECT,
    "UNAUTHENTICATED": _LOGIN,
    "ACCESS_TOKEN_EXPIRED": _EXPIRED,
    "PERMISSION_DENIED": _DENIED,
    "INVALID_ARGUMENT": _FIELDS,
    "RESOURCE_EXHAUSTED": "Wait a minute and re-run, or raise the quota named above in the console.",
    "UNAVAILABLE": _BUSY,
    "INTERNAL": _BUSY,
    "DEADLINE_EXCEEDED": _BUSY,
}
# By google.rpc.Code
STATUSES = (
    *("OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS"),
    *("PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE"),
    *("UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"),
)
BUSY = frozenset({"ABORTED", "ALREADY_EXISTS"})
DISABLED = "SERVICE_DISABLED"
_PRINCIPAL = re.compile(
    r"service ?accounts?\b.{0,300}\b(does not exist|not exist|not found)", re.IGNORECASE | re.DOTALL
)
_NO_ROLE = re.compile(r"permission denied on secret|SECRETS_ACCESS_CHECK_FAILED", re.IGNORECASE)


class ApiError(PassingError):
    """Google said no. ``status`` is the canonical one, ``reason`` that of ErrorInfo, else empty."""

    def __init__(
        self,
        summary: str,
        *,
        status: str,
        reason: str = "",
        request_id: str | None = None,
        next_step: str | None = None,
    ) -> None:
        step = next_step or NEXT_STEPS.get(reason) or NEXT_STEPS.get(status)
        super().__init__(
            summary, code=f"{status}/{reason}" if reason else status, request_id=request_id, next_step=step
        )
        self.status = status
        self.reason = reason

    @property
    def passes(self) -> Cause | None:
        """What to wait for; None where waiting does not help."""
        if _NO_ROLE.search(f"{self.summary} {self.reason}"):
            return Cause.ROLE
        if self.reason == DISABLED:
            return Cause.API
        if self.status in BUSY:
            return Cause.OPERATION
        return Cause.PRINCIPAL if _PRINCIPAL.search(self.summary) else None

    @property
    def means_nothing_there(self) -> bool:
        """The resource, its parent or the whole API is not there yet."""
        return self.status == "NOT_FOUND" or self.reason == DISABLED


def explain(answer: httpx.Response, action: str, resource: str) -> ApiError:
    """Of an ``answer`` that says what went wrong when trying to ``action`` (a verb) the ``resource``."""
    try:
        content = answer.json()
    except ValueError:
        content = {}
    error = content.get("error") if isinstance(content, Mapping) else None
    if not isinstance(error, Mapping):
        error = {"message": answer.reason_phrase}
    return of_status({"status": f"HTTP {answer.status_code}", **error}, action, resource)


def of_status(error: Mapping[str, Any], action: str, resource: str) -> ApiError:
    """Of a google.rpc.Status, as an answer holds it (with ``status``) or an operation (``code`` alone)."""
    details = [each for each in error.get("details") or [] if isinstance(each, Mapping)]
    info = _detail(details, "ErrorInfo")
    message = "; ".join(str(error.get("message") or "no reason given").strip().rstrip(".").splitlines())
    fields = [said for said in _fields(details) if said not in message]
    return ApiError(
        f"Cannot {action} {resource}: {'; '.join([message, *fields])}",
        status=str(error.get("status") or STATUSES[error.get("code", 2)]),
        reason=str(info.get("reason") or ""),
        request_id=_detail(details, "RequestInfo").get("requestId"),
    )


def unreachable(action: str, resource: str, error: httpx.HTTPError) -> CloudError:
    """A request that got no answer."""
    return CloudError(
        f"Cannot {action} {resource}: {error.request.url.host} cannot be reached: {error}".rstrip("."),
        code="EndpointUnreachable",
        next_step="Check this machine's network, proxy (HTTPS_PROXY) and DNS; in a rehearsal, start the "
        "stand-ins (`python -m rehearsal up`).",
    )


def _detail(details: list[Mapping[str, Any]], kind: str) -> Mapping[str, Any]:
    return next((each for each in details if str(each.get("@type", "")).endswith(f".{kind}")), {})


def _fields(details: list[Mapping[str, Any]]) -> Iterator[str]:
    for each in _detail(details, "BadRequest").get("fieldViolations") or []:
        path, said = str(each.get("field", "")), str(each.get("description", "")).strip().rstrip(".")
        yield said if path in said else f"{path}: {said}"
