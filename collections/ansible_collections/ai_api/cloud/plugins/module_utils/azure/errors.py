"""Azure's errors, said so that someone on call can act on them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from ..core.errors import CloudError
from ..core.patience import Cause, PassingError

_DENIED = (
    "Give the identity that deploys (`az account show`) a role that allows it (Contributor, and Role Based "
    "Access Control Administrator, on the subscription or group) and re-run."
)
_LOGIN = (
    "Correct tenant_id, client_id and client_secret of the target, or log in again (`az login`), and re-run."
)
_BUSY = "Azure is still refusing after every retry: wait a minute and re-run; what is done stays done."
_FIELDS = "Correct the field that is named above and re-run."

# The vendor's error code -> what to do now.
NEXT_STEPS: dict[str, str] = {
    "AuthorizationFailed": _DENIED,
    "LinkedAuthorizationFailed": _DENIED,
    "Forbidden": _DENIED,
    "ForbiddenByRbac": "Give the identity that deploys the role Key Vault Secrets Officer on the vault.",
    "ForbiddenByFirewall": "Allow this machine's address in the vault's network rules.",
    "InvalidAuthenticationToken": _LOGIN,
    "ExpiredAuthenticationToken": "The access token has expired: log in again (`az login`) and re-run.",
    "InvalidAuthenticationTokenTenant": "Correct tenant_id: the subscription belongs to another tenant.",
    "SubscriptionNotFound": "Correct subscription_id: the identity that deploys sees no such subscription.",
    "InvalidSubscriptionId": "Correct subscription_id: it is a GUID (`az account show --query id`).",
    "MissingSubscriptionRegistration": "Register the provider named above (`az provider register -n ...`).",
    "ScopeLocked": "A lock holds it: remove the lock (`az lock list`), or leave the resource as it is.",
    "RequestDisallowedByPolicy": "A policy of the subscription forbids it: comply, or have an exemption made",
    "ResourceGroupNotFound": "The platform role makes the resource group: run the whole deployment.",
    "LocationNotAvailableForResourceType": "Choose a region that offers it (`az account list-locations`).",
    "QuotaExceeded": "Raise the quota named above in the portal (Quotas), or remove what is unused.",
    "VaultAlreadyExists": "Vault names are worldwide: choose another, or purge the deleted one",
    "ConflictError": "Its name is taken or held by what is deleted softly: see `az keyvault list-deleted`.",
    "RoleAssignmentExists": "Somebody made the same role assignment under another name: remove that one.",
    "PrincipalNotFound": "The principal is not known (yet): check its id, then re-run in a few minutes.",
    "TooManyRequests": _BUSY,
    "SubscriptionRequestsThrottled": _BUSY,
    "ServerTimeout": _BUSY,
    "InternalServerError": _BUSY,
    "InvalidRequestContent": _FIELDS,
    "InvalidParameterValueInContainerTemplate": _FIELDS,
    "NoRegisteredProviderFound": "Correct the task's api_version, or the provider and type in its id.",
    "InvalidResourceType": "Correct the task's api_version, or the provider and type in its id.",
}


_OPERATION = re.compile(
    r"InProgress|BeingDeleted|BeingUpdated|ConcurrentWrite|AnotherOperation|AnotherRequest|RetryableError",
    re.IGNORECASE,
)
_IDENTITY_REFUSED = re.compile(
    r"unable to (pull|get|fetch|retrieve)\b.{0,300}using managed identity", re.IGNORECASE | re.DOTALL
)


class ApiError(PassingError):
    """Azure said no: ``status`` is that of HTTP, 200 where an operation failed after it was accepted."""

    def __init__(self, summary: str, *, status: int, code: str, request_id: str | None) -> None:
        super().__init__(summary, code=code, request_id=request_id, next_step=NEXT_STEPS.get(code))
        self.status = status

    @property
    def passes(self) -> Cause | None:
        """What to wait for; None where waiting does not help."""
        if self.code == "PrincipalNotFound":
            return Cause.PRINCIPAL
        if self.code == "ForbiddenByRbac" or _IDENTITY_REFUSED.search(self.summary):
            return Cause.ROLE
        if self.status == 409 and _OPERATION.search(f"{self.code} {self.summary}".replace(" ", "")):
            return Cause.OPERATION
        return None


def explain(answer: httpx.Response, action: str, resource: str) -> ApiError:
    """Of an ``answer`` that says what went wrong when trying to ``action`` (a verb) the ``resource``."""
    try:
        content = answer.json()
    except ValueError:
        content = {}
    return of_content(content, answer, action, resource)


def of_content(content: Any, answer: httpx.Response, action: str, resource: str) -> ApiError:
    """``content`` is what the ``answer`` holds, or a part of it: an object with ``error``, or an error."""
    error = content.get("error", content) if isinstance(content, Mapping) else {}
    if not isinstance(error, Mapping):  # Entra ID: {"error": "invalid_client", "error_description": ...}
        error = {"code": str(error), "message": content.get("error_description", "")}
    inner = error.get("innererror") or {}
    code = str(inner.get("code") or error.get("code") or f"HTTP {answer.status_code}")
    said = "; ".join(_sentences(error)) or answer.reason_phrase or "no reason given"
    return ApiError(
        f"Cannot {action} {resource}: {said}".rstrip("."),
        status=answer.status_code,
        code=code,
        request_id=request_id(answer),
    )


def _sentences(error: Mapping[str, Any]) -> Iterator[str]:
    """The message, and those of the details, each with the field that it is about."""
    message, target = str(error.get("message") or "").strip().rstrip("."), error.get("target")
    if message:
        yield f"{target}: {message}" if target and str(target) not in message else message
    for detail in error.get("details") or []:
        if isinstance(detail, Mapping):
            yield from _sentences(detail)


def request_id(answer: httpx.Response) -> str | None:
    """The request's, and the correlation id by which Azure's activity log knows it."""
    asked = answer.headers.get("x-ms-request-id")
    correlation = answer.headers.get("x-ms-correlation-request-id")
    if correlation and correlation != asked:
        return f"{asked}, correlation {correlation}" if asked else str(correlation)
    return str(asked) if asked else None


def unreachable(action: str, resource: str, error: httpx.HTTPError) -> CloudError:
    """A request that got no answer."""
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        next_step = "Set ca_file to the PEM file of the CA that signed its certificate."
    else:
        next_step = (
            "Check this machine's network, proxy (HTTPS_PROXY) and DNS; in a rehearsal, start the stand-ins "
            "(`python -m rehearsal up`)."
        )
    return CloudError(
        f"Cannot {action} {resource}: {error.request.url.host} cannot be reached: {error}".rstrip("."),
        code="EndpointUnreachable",
        next_step=next_step,
    )
