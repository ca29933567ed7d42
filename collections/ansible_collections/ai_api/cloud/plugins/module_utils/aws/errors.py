"""botocore's errors, said so that someone on call can act on them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import botocore.session
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
)

from ..core.errors import CloudError

_CREDENTIALS = (
    "Set access_key_id and secret_access_key of the target (or profile, or AWS_ACCESS_KEY_ID and "
    "AWS_SECRET_ACCESS_KEY) and check with `aws sts get-caller-identity`."
)
_EXPIRED = (
    "The credentials have expired: log in again (`aws sso login`, or a fresh session token) and re-run."
)
_REFUSED = "AWS does not know these credentials: correct access_key_id and secret_access_key. " + _CREDENTIALS
_DENIED = "Allow the action to the identity that deploys (shown by `aws sts get-caller-identity`) and re-run."
_BUSY = "AWS is still refusing after every retry: wait a minute and re-run; what is done stays done."

# The vendor's error code -> what to do now.
NEXT_STEPS: dict[str, str] = {
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "RequestExpired": "The request's time is wrong: set this machine's clock, then re-run.",
    "InvalidClientTokenId": _REFUSED,
    "UnrecognizedClientException": _REFUSED,
    "InvalidAccessKeyId": _REFUSED,
    "SignatureDoesNotMatch": _REFUSED,
    "IncompleteSignature": _REFUSED,
    "AccessDenied": _DENIED,
    "AccessDeniedException": _DENIED,
    "UnauthorizedOperation": _DENIED,
    "OptInRequired": "Enable this service or region for the account, then re-run.",
    "Throttling": _BUSY,
    "ThrottlingException": _BUSY,
    "TooManyRequestsException": _BUSY,
    "RequestLimitExceeded": _BUSY,
    "ServiceUnavailable": _BUSY,
    "InternalFailure": _BUSY,
    "InternalError": _BUSY,
    "LimitExceededException": "Raise the quota named above in Service Quotas, or remove what is unused.",
    "InsufficientCapabilitiesException": "Add what it asks for to the `capabilities` of the task.",
}


def explain(error: Exception, action: str, resource: str) -> CloudError:
    """A CloudError for a botocore ``error`` met while trying to ``action`` (a verb) the ``resource``."""
    failed = f"Cannot {action} {resource}"
    if isinstance(error, ClientError):
        details = error.response.get("Error", {})
        code = details.get("Code", "Unknown")
        return CloudError(
            f"{failed}: {details.get('Message') or code}".rstrip("."),
            code=code,
            request_id=error.response.get("ResponseMetadata", {}).get("RequestId"),
            next_step=NEXT_STEPS.get(code),
        )
    if isinstance(error, EndpointConnectionError | ConnectTimeoutError):
        return _unreachable(failed, str(error.kwargs.get("endpoint_url", "")))
    return CloudError(f"{failed}: {error}".rstrip("."), next_step=_local_next_step(error))


@contextmanager
def explained(action: str, resource: str) -> Iterator[None]:
    """Turn what botocore raises inside the block into ``explain(error, action, resource)``."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise explain(error, action, resource) from error


def _local_next_step(error: Exception) -> str | None:
    """What to do about an error that botocore raised before anything was sent."""
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return _CREDENTIALS
    if isinstance(error, ProfileNotFound):
        return "List the profiles with `aws configure list-profiles`, and correct the target's profile."
    if isinstance(error, NoRegionError):
        return "Set the target's region, for example us-east-1."
    return None


def _unreachable(failed: str, url: str) -> CloudError:
    host = urlsplit(url).hostname or url
    if not host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws")):
        return CloudError(
            f"{failed}: nothing answers at {url}",
            code="EndpointUnreachable",
            next_step="Start the stand-ins (`python -m rehearsal up`), or correct endpoint_url.",
        )
    known = botocore.session.get_session().get_available_regions("cloudformation")
    region = next((part for part in host.split(".") if part.count("-") >= 2), "")
    if region and region not in known:
        close = ", ".join(difflib.get_close_matches(region, known)) or "us-east-1"
        next_step = f"AWS has no region {region} that this SDK knows. Did you mean {close}?"
    else:
        next_step = "Check this machine's network, proxy (HTTPS_PROXY) and DNS."
    return CloudError(f"{failed}: {host} cannot be reached", code="EndpointUnreachable", next_step=next_step)
